//! docs/FAULTS.md is what the code says. In: the catalogue of faults. Out: a comparison, or the page written anew.
//! Never here: what the page says.

#[test]
#[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
fn the_faults_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FAULTS.md");
    let text = dialect::fault::table_markdown();
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(stored == text, "docs/FAULTS.md is stale; run `cargo xtask docs`");
}
