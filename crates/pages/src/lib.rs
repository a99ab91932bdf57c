//! The public pages: documentation, prices, state, legal notices, scripts that set clients up. In: what a deployment is (`Facts`), a
//! name. Out: HTML, Markdown, scripts. Never here: headers, who asks, the clock, a file of the machine (server).

mod contents;
mod downloads;
mod facts;
mod fill;
mod layout;
mod legal;
mod lists;
mod markdown;
mod page;
mod pricing;
mod reference;
mod scripts;
mod status;
mod tables;

pub use contents::{Entry, PAGES, find};
pub use downloads::{Download, downloads};
pub use facts::{Facts, FaultFact, ImagePrice, ModelFact, Operator, Reader, SurfaceFact, TierFact};
pub use legal::{legal, licenses};
pub use lists::{llms, llms_full, robots, sitemap};
pub use page::{doc, doc_markdown, lost};
pub use pricing::{pricing, pricing_markdown};
pub use reference::{Document, reference, references};
pub use scripts::{install_ps1, install_sh, is_plain_key};
pub use status::{Health, ModelHealth, status, status_markdown};

/// The style of every page.
pub const STYLE: &str = include_str!("../assets/pages.css");
/// Where the style is.
pub const STYLE_PATH: &str = "/docs/pages.css";
