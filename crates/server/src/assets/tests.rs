//! Tests of what the homes share, and of each home. Never here: a door (simtest), a link (link.rs).

use super::*;

/// R-API-8: a day of a name is the day, the whole day, and no other spelling of it.
#[test]
fn r_api_8_days_are_read_as_they_are_written() {
    let at = Timestamp::parse_rfc3339("2026-03-03T23:59:59.999Z").unwrap();
    assert_eq!(day_of(at), "2026-03-03");
    assert_eq!(end_of("2026-03-03"), Timestamp::parse_rfc3339("2026-03-04T00:00:00Z"));
    for other in ["", "new", "2026-3-3", "2026-02-30", "2026-03-03T", "20260303", "../2026-03-03", "2026-03-03/x"] {
        assert_eq!(end_of(other), None, "{other}");
    }
}

/// R-ERR-7: whatever was met lower down, a client is told whose fault it was and nothing else.
#[test]
fn r_err_7_faults_of_pictures_name_nobody() {
    let cause = || BoxError::from("https://secret.example/x");
    for (fault, kind) in [
        (AssetFault::NoPicture, FaultKind::UpstreamFailed),
        (AssetFault::TooLarge, FaultKind::UpstreamFailed),
        (AssetFault::Refused, FaultKind::UpstreamFailed),
        (AssetFault::Unfetched(cause()), FaultKind::UpstreamFailed),
        (AssetFault::Full, FaultKind::Unavailable),
        (AssetFault::Home(cause()), FaultKind::Unavailable),
    ] {
        let told = fault.told();
        assert_eq!(told.kind, kind);
        assert!(!told.told.contains("secret"), "{}", told.told);
    }
}
