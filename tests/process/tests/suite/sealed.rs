//! The way to PostgreSQL, sealed: every connection is, and a server that cannot prove its name is not spoken to.
//! Never here: what is stored.

use process_tests::{Database, Folder, Gateway, MASTER_KEY, Outcome, Setup, certificate, server};

#[test]
fn a_sealed_way_is_sealed_throughout_and_its_end_is_checked() -> Outcome<()> {
    let Some(server) = server("TLS") else { return Ok(()) };
    let certificate = certificate()?;
    let folder = Folder::new("sealed")?;
    let database = Database::create(&server)?;
    let setup = |url: &str, query: &str| {
        Setup::new(folder.path().join("data"))
            .with("TOLLGATE_DATABASE__URL", &format!("{url}?{query}"))
            .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
    };
    let trusted = format!("sslmode=require&sslrootcert={certificate}");
    // An unknown authority; a name that the certificate does not bear; a file without a certificate.
    let (code, told) = setup(&database.url, "sslmode=require").refused()?;
    assert!(code != 0 && told.contains("certificate"), "{code} {told}");
    let (code, told) = setup(&database.url.replace("127.0.0.1", "localhost"), &trusted).refused()?;
    assert!(code != 0 && told.contains("certificate"), "{code} {told}");
    let (code, told) = setup(&database.url, "sslmode=require&sslrootcert=/dev/null").refused()?;
    assert!(code != 0 && told.contains("no certificate"), "{code} {told}");
    assert_eq!(database.connections()?, (0, 0));
    let gateway = Gateway::start(&setup(&database.url, &trusted))?;
    let (sealed, plain) = database.connections()?;
    assert!(sealed >= 2 && plain == 0, "{sealed} sealed, {plain} plain: {}", gateway.log());
    Ok(())
}
