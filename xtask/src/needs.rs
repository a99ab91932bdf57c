//! What the tests need from the machine. In: names of programs. Out: they are there, or how to get them.
//! Never here: starting them.

use crate::shell::{answers, is_root, program, succeeds};

/// A thing that must be there.
struct Need {
    what: &'static str,
    debian: &'static [&'static str],
    there: fn() -> bool,
}

/// Fails in a Node that is too old to build the console (`engines` of web/package.json).
const NODE: &str = "const [a, b] = process.versions.node.split('.').map(Number); if (a < 20 || (a === 20 && b < 19)) process.exit(1)";

const NEEDS: [Need; 9] = [
    Need { what: "a C compiler", debian: &["gcc", "libc6-dev"], there: || answers("cc", &["--version"]) },
    // libFuzzer is C++.
    Need { what: "a C++ compiler", debian: &["g++"], there: || answers("c++", &["--version"]) },
    Need { what: "PostgreSQL (initdb)", debian: &["postgresql"], there: || crate::postgres::programs().is_some() },
    // For the certificate of the PostgreSQL that the tests start.
    Need { what: "openssl", debian: &["openssl"], there: || answers("openssl", &["version"]) },
    Need {
        what: "redis-server or valkey-server",
        debian: &["redis-server"],
        there: || crate::redis::program_name().is_some(),
    },
    Need {
        what: "python3 with venv",
        debian: &["python3", "python3-venv"],
        there: || answers("python3", &["-c", "import ensurepip, venv"]),
    },
    Need {
        what: "node (20.19 or newer) with npm",
        debian: &["nodejs", "npm"],
        there: || answers("node", &["--eval", NODE]) && answers("npm", &["--version"]),
    },
    // The set-up script is tried by a shell that knows POSIX alone.
    Need {
        what: "curl and dash",
        debian: &["curl", "dash"],
        there: || answers("curl", &["--version"]) && answers("dash", &["-c", ":"]),
    },
    Need { what: "chromium", debian: &["chromium"], there: || answers("chromium", &["--version"]) },
];

/// Sees to it that everything is there: installs it as root on Debian, names it elsewhere.
pub(crate) fn ensure() -> Result<(), String> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.debian).copied().collect();
    let command = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    if is_root() && answers("apt-get", &["--version"]) {
        println!("missing here: {}", names(&missing));
        let mut update = program("apt-get", &["update", "--quiet"]);
        let mut install = program("apt-get", &["install", "--yes", "--no-install-recommends"]);
        install.args(&packages).env("DEBIAN_FRONTEND", "noninteractive");
        if succeeds(&mut update)? && succeeds(&mut install)? && missing.iter().all(|need| (need.there)()) {
            return Ok(());
        }
    }
    Err(format!("missing here: {}. On Debian: sudo {command}", names(&missing)))
}

fn names(needs: &[&Need]) -> String {
    let names: Vec<&str> = needs.iter().map(|need| need.what).collect();
    names.join(", ")
}
