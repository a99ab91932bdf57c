//! The settings of the town that routes are tested in. In: its folder. Out: settings. Never here: who lives there (tests).

use crate::settings::{
    AssetHome, AssetSettings, BodySettings, LogFormat, MailHome, MailSettings, OperatorSettings, PendingData,
    Registration, RelaySettings, Settings, UsageKept,
};
use std::time::Duration;

/// Those of a small gateway that keeps everything below a folder.
pub fn settings(dir: &std::path::Path) -> Settings {
    let second = Duration::from_secs(1);
    Settings {
        listen: ([127, 0, 0, 1], 8011).into(),
        public_url: None,
        trusted_proxies: Vec::new(),
        limits: None,
        hides_models: false,
        credit: units::NanoUsd::new(1),
        bodies: BodySettings::default(),
        threads: 1,
        key_prefix: "sk-".into(),
        body_bytes_max: 1 << 20,
        body_time_max: second,
        traces: None,
        data_dir: dir.into(),
        audit_every: Duration::ZERO,
        usage_kept: UsageKept { rows_days: 90, hours_days: 400 },
        kept_for: Duration::ZERO,
        kept_bytes_max: 0,
        assets: AssetSettings {
            link_for: second,
            kept_for: second,
            home: AssetHome::Folder { dir: dir.join("assets"), bytes_max: 0 },
        },
        task_time_max: second,
        pending_data: PendingData::Empty,
        operator: OperatorSettings::default(),
        registration: Registration::Open,
        mail: MailSettings { from: "t <t@localhost>".into(), home: MailHome::Folder(dir.join("mail")) },
        relay: RelaySettings {
            connect_timeout: second,
            first_byte_timeout: second,
            idle_timeout: second,
            total_timeout: second,
            keepalive: second,
            attempts_max: 1,
            retry_wait_max: second,
            slice_tokens: 1,
        },
        drain_notice: Duration::ZERO,
        drain_time_max: second,
        log: LogFormat::Off,
    }
}
