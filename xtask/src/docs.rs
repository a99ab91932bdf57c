//! The verb `docs`: writes the documents that are made from code. In: the registry below. Out: files in docs/.
//! Never here: what stands in a document; its crate knows.

use crate::shell::{cargo, watched};
use crate::steps::Count;

/// A document that a test of a crate compares with the code, and writes when `TOLLGATE_BLESS` is set.
struct Generated {
    document: &'static str,
    package: &'static str,
    /// The name of that test.
    test: &'static str,
}

/// Every generated document. To add one: write the test, add its line, run `cargo xtask docs`.
const GENERATED: [Generated; 8] = [
    Generated {
        document: "docs/SETTINGS.md and tollgate.example.toml",
        package: "tollgate",
        test: "generated_files_are_fresh",
    },
    Generated { document: "docs/FAULTS.md", package: "dialect", test: "r_err_8_the_page_is_the_table" },
    Generated {
        document: "docs/COMPATIBILITY.md",
        package: "dialect",
        test: "r_wire_4_the_page_of_compatibility_is_computed",
    },
    Generated { document: "docs/openapi.json", package: "simtest", test: "r_api_19_the_document_is_checked_in" },
    Generated {
        document: "docs/openapi-manage.json",
        package: "server",
        test: "r_acc_1_the_document_of_the_api_is_checked_in",
    },
    Generated { document: "docs/METRICS.md", package: "server", test: "r_use_5_the_page_of_metrics_is_the_table" },
    Generated { document: "docs/SEED_ROWS.md", package: "xtask", test: "seed_rows_are_told" },
    // It reads the files that came with the packages, so build the console once before.
    Generated { document: "crates/pages/assets/licenses.txt", package: "xtask", test: "notices_are_fresh" },
];

/// Writes them all. A test that is gone is a failure, not a document less.
pub(crate) fn run() -> Result<bool, String> {
    let mut good = true;
    for entry in &GENERATED {
        println!("{} from {}", entry.document, entry.package);
        let mut count = Count::default();
        let mut command = cargo(&["test", "--quiet", "--package", entry.package, entry.test]);
        good &= watched(command.env("TOLLGATE_BLESS", "1"), |line| count.add_line(line))?;
        if count.passed == 0 {
            eprintln!("{} has no test {}", entry.package, entry.test);
            good = false;
        }
    }
    println!("{} documents", GENERATED.len());
    Ok(good)
}
