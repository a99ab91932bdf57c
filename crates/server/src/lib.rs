//! The gateway itself: doors, pipeline, relay, management API. In: connections. Out: answers, settled tabs, records.
//! Never here: the environment, SQL, a provider's field name, a sum of money.

mod account;
mod address;
#[cfg(feature = "bench")]
mod admission;
mod allowed;
mod api;
mod aside;
mod asked;
mod assets;
mod balances;
mod body;
mod callers;
mod checkup;
mod closing;
mod console;
mod days;
mod device;
mod done;
mod doors;
mod entry;
mod house;
mod identify;
mod image_tasks;
mod inside;
mod kept;
mod limit_told;
mod limits;
mod listen;
mod live;
mod live_rows;
mod log;
mod mail;
mod metrics;
mod openapi;
mod own;
mod pages;
mod past;
mod people;
mod pipeline;
mod refusals;
mod relay;
mod reseal;
mod respond;
mod retention;
mod ring;
mod room;
mod seal;
mod settings;
mod sold;
mod surface;
mod sweep;
mod target;
mod tasks;
mod traces;
mod upstream;
mod viewer;
mod visit;

pub use address::{Peer, network, networks};
#[cfg(feature = "bench")]
pub use admission::admit;
pub use api::{RouteTold, mint_operator_token, routes, setup_token};
pub use assets::{
    AssetFault, fetch as fetch_asset, keep as keep_asset, link as asset_link, origin as asset_origin,
};
pub use catalog::CatalogueDoc;
pub use checkup::{Finding, Health, clock as check_clock, disk as check_disk, folder as check_folder};
pub use closing::Closing;
pub use console::{Console, ConsoleFile, NoConsole};
pub use doors::{Front, answer_monitors};
pub use house::{House, HouseError, Parts, Worker};
pub use image_tasks::keep as keep_tasks;
pub use inside::{Answered, Inside, Question};
pub use listen::Doors;
pub use log::{Level, Log, Value};
pub use mail::{is_sender as is_mail_sender, is_server as is_mail_server};
pub use metrics::list::{Kind as MetricKind, LIST as METRICS, Listed as ListedMetric};
pub use past::{PastCall, PastEnding, PastError};
pub use reseal::{SealError, change_master, open_vault};
pub use seal::Vault;
pub use settings::{
    AssetHome, AssetSettings, BodySettings, BucketSettings, LogFormat, MailHome, MailSettings, OperatorSettings,
    PendingData, Registration, RelaySettings, Settings, SharedConfig, Style, UsageKept,
};
pub use surface::{Families, Models, PRESETS, Preset, Surface, Surfaces, defaults as default_surfaces};
pub use tasks::Tasks;
pub use traces::TraceSettings;
pub use upstream::{Broke, Call, Endpoint, Pending, Stand, StandBody, Upstream, UpstreamError};
