//! The settings of a simulated gateway. In: a setup. Out: settings. Never here: a gateway (house).

use crate::bucket::BUCKET_HOST;
use crate::house::{RELAY, Setup};
use server::{
    AssetHome, AssetSettings, BodySettings, BucketSettings, LogFormat, MailHome, MailSettings, OperatorSettings,
    PendingData, Registration, RelaySettings, Settings, UsageKept,
};
use std::path::PathBuf;
use std::time::Duration;
use units::{NanoUsd, Secret};

/// Those of a setup.
pub fn settings(setup: &Setup) -> Settings {
    Settings {
        trusted_proxies: Vec::new(),
        limits: None,
        hides_models: false,
        public_url: None,
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 1,
        key_prefix: "sk-sim-".into(),
        body_bytes_max: 1 << 20,
        bodies: BodySettings { embeddings: 1 << 10, ..BodySettings::default() },
        body_time_max: Duration::from_secs(10),
        traces: None,
        data_dir: PathBuf::from("/nowhere"),
        audit_every: Duration::ZERO,
        usage_kept: UsageKept { rows_days: 90, hours_days: 400 },
        kept_for: Duration::from_secs(3_600),
        kept_bytes_max: 1 << 20,
        assets: AssetSettings {
            link_for: Duration::from_secs(1_800),
            kept_for: Duration::from_secs(3_600),
            home: match &setup.pictures {
                Some((dir, bytes_max)) => AssetHome::Folder { dir: dir.clone(), bytes_max: *bytes_max },
                None => AssetHome::Bucket(bucket()),
            },
        },
        operator: OperatorSettings::default(),
        registration: Registration::Closed,
        mail: MailSettings { from: "sim <sim@localhost>".into(), home: MailHome::Folder("unused".into()) },
        task_time_max: Duration::from_secs(3_600),
        pending_data: PendingData::Empty,
        credit: NanoUsd::new(10_000_000),
        relay: RelaySettings { slice_tokens: setup.slice_tokens, ..RELAY },
        drain_notice: Duration::ZERO,
        drain_time_max: Duration::from_secs(10),
        log: LogFormat::Text,
    }
}

/// A bucket that the scripted providers' room holds as well.
fn bucket() -> BucketSettings {
    BucketSettings {
        endpoint: format!("http://{BUCKET_HOST}"),
        region: "sim".into(),
        bucket: "pictures".into(),
        prefix: "kept/".into(),
        path_style: true,
        access_key_id: Secret::new("sim".into()),
        secret_access_key: Secret::new("sim-secret".into()),
    }
}
