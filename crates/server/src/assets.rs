//! Pictures that providers made and clients fetch (R-API-8, docs/ASSETS.md): kept for a time, given out to whoever has a signed
//! link. In: the bytes of a picture, or a provider's address of one. Out: an id, a link, the bytes again.
//! Never here: who made a picture and what it costs (relay), any file but a picture, a provider's address in what is told.

mod bucket;
mod disk;
mod fetch;
mod folder;
mod kind;
mod link;
mod picture;

pub use fetch::fetch;
pub use kind::Kind;
pub use link::{LinkError, Ticket, link, origin};
pub use picture::Picture;

use crate::house::{House, Worker};
use crate::limits::{ASSET_BYTES_MAX, ASSET_SWEEP_EVERY};
use crate::live::LiveProvider;
use crate::settings::{AssetHome, AssetSettings};
use crate::upstream::Upstream;
use bucket::Bucket;
use bytes::Bytes;
use canon::{BoxError, Fault, FaultKind};
use folder::Folder;
use std::sync::Arc;
use units::{AssetId, Timestamp, WorkspaceId};

/// Why a picture is not there, or cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum AssetFault {
    /// The bytes are no PNG, JPEG, WebP or GIF.
    #[error("the bytes are no picture of a known kind")]
    NoPicture,
    /// It is above the limit.
    #[error("the picture is above the limit")]
    TooLarge,
    /// All pictures together are at the limit of the folder.
    #[error("the folder for pictures is full")]
    Full,
    /// The provider named an address from which nothing is fetched.
    #[error("the provider named an address that is not fetched from")]
    Refused,
    /// The provider's picture could not be read.
    #[error("the provider's picture could not be fetched")]
    Unfetched(#[source] BoxError),
    /// The folder or the bucket failed.
    #[error("pictures cannot be kept or read: {0}")]
    Home(#[source] BoxError),
}

impl AssetFault {
    /// The same as a client is told it: whose fault it was, and no word of where.
    pub fn told(self) -> Fault {
        let (kind, told) = match &self {
            Self::NoPicture => (FaultKind::UpstreamFailed, "The provider answered something that is no picture."),
            Self::TooLarge => (FaultKind::UpstreamFailed, "The provider's picture is too large."),
            Self::Refused | Self::Unfetched(_) => {
                (FaultKind::UpstreamFailed, "The provider's picture could not be fetched.")
            }
            Self::Full | Self::Home(_) => {
                (FaultKind::Unavailable, "Pictures cannot be kept or read at the moment.")
            }
        };
        let mut fault = Fault::new(kind, told);
        fault.cause = Some(self.into());
        fault
    }
}

/// Why the place for pictures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// The folder cannot be made or read.
    #[error("the folder for pictures {0} cannot be used: {1}")]
    Folder(String, std::io::Error),
    /// The settings of the bucket name none.
    #[error("the bucket for pictures cannot be used: {0}")]
    Bucket(String),
}

/// Where pictures are kept.
pub enum Assets {
    /// In a folder of this machine.
    Folder(Folder),
    /// In a bucket.
    Bucket(Bucket),
}

impl Assets {
    /// Opens the place that the settings name.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(settings: &AssetSettings, now: Timestamp) -> Result<Self, AssetsError> {
        match &settings.home {
            AssetHome::Folder { dir, bytes_max } => {
                let opened = Folder::open(dir, *bytes_max, now);
                opened.map(Self::Folder).map_err(|e| AssetsError::Folder(dir.display().to_string(), e))
            }
            AssetHome::Bucket(bucket) => Bucket::open(bucket).map(Self::Bucket).map_err(AssetsError::Bucket),
        }
    }
}

/// Keeps a picture of a workspace, for as long as the settings say.
///
/// # Errors
/// `NoPicture`, `TooLarge`, `Full` or `Home`; then nothing was kept.
pub async fn keep(worker: &Worker, workspace: WorkspaceId, bytes: Bytes) -> Result<AssetId, AssetFault> {
    let house = &worker.house;
    let now = house.clock.now();
    let id = AssetId::new(now, house.ten());
    let kept = async {
        let kind = Kind::of(&bytes).ok_or(AssetFault::NoPicture)?;
        if bytes.len() > ASSET_BYTES_MAX {
            return Err(AssetFault::TooLarge);
        }
        match &house.assets {
            Assets::Folder(folder) => folder.put(id, workspace, bytes).await,
            Assets::Bucket(bucket) => {
                let place = bucket.at(&worker.upstream, now);
                place.put(id, workspace, kind, bytes).await
            }
        }
    };
    if let Err(error) = kept.await {
        house.log.warn("asset.not_kept", &[("asset.id", &id.to_string()), ("error", &error.to_string())]);
        return Err(error);
    }
    Ok(id)
}

/// Fetches a picture from where its provider says that it is, and keeps it. Few of one provider are brought at once: each is
/// whole in memory meanwhile.
///
/// # Errors
/// As `fetch` and `keep`.
pub async fn bring(
    worker: &Worker,
    provider: &LiveProvider,
    workspace: WorkspaceId,
    address: &str,
) -> Result<AssetId, AssetFault> {
    // It is never closed.
    let _turn = provider.bringing.acquire().await.ok();
    keep(worker, workspace, fetch(worker, provider, address).await?).await
}

/// A kept picture, ready to be read; `None` when there is none of this id, or its time is over.
///
/// # Errors
/// `Home`, or `NoPicture` when what is there is none.
pub async fn find(worker: &Worker, id: AssetId, now: Timestamp) -> Result<Option<Picture>, AssetFault> {
    let house = &worker.house;
    // The sweep comes later than the end; an id from the future is none that was given out.
    if id.made_at().plus(house.settings.assets.kept_for) <= now || id.made_at() > now {
        return Ok(None);
    }
    match &house.assets {
        Assets::Folder(folder) => folder.find(id).await,
        Assets::Bucket(bucket) => bucket.at(&worker.upstream, now).find(id).await,
    }
}

impl House {
    /// Deletes pictures whose time is over, for ever; `upstream` leads to the bucket where there is one.
    pub async fn sweep_assets(self: Arc<Self>, upstream: Upstream) {
        loop {
            let now = self.clock.now();
            // What was made before it is over.
            let over = Timestamp::from_ms(
                now.ms() - i64::try_from(self.settings.assets.kept_for.as_millis()).unwrap_or(0),
            );
            let swept = match &self.assets {
                Assets::Folder(folder) => folder.sweep(over, now).await,
                Assets::Bucket(bucket) => bucket.at(&upstream, now).sweep(over).await,
            };
            if let Err(error) = swept {
                self.log.warn("asset.not_swept", &[("error", &error.to_string())]);
            }
            tokio::time::sleep(ASSET_SWEEP_EVERY).await;
        }
    }
}

/// The day an id was made on, as it stands in names of folders and keys (`2026-03-03`).
fn day_of(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.truncate("2026-03-03".len());
    text
}

/// The first instant after a day that was written by `day_of`.
fn end_of(day: &str) -> Option<Timestamp> {
    let start = Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z"))?;
    (day_of(start) == day).then(|| start.plus(std::time::Duration::from_secs(86_400)))
}

#[cfg(test)]
mod tests;
