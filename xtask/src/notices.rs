//! The notices of everything that the binary holds: crates and the packages of the console. In: what cargo and npm have locked, and the files
//! that came with them. Out: crates/pages/assets/licenses.txt. Never here: whether a licence may be (deny).

use crate::shell::{cargo, output, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the notices are, for the page of licences.
const FILE: &str = "crates/pages/assets/licenses.txt";
const HEAD: &str = "Packages that Tollgate is made of, each with its licence; their notices follow. Made by `cargo xtask docs`; do not edit.\n";
/// Packages that only build it, and whose data it holds: the tokens of the vocabularies.
const DATA: [&str; 1] = ["bpe-openai"];
const RULE: &str = "------------------------------------------------------------------------";

/// A package.
struct Package {
    /// `name version`.
    title: String,
    licence: String,
    folder: PathBuf,
}

/// Every package, in the order of their names.
fn packages() -> Result<Vec<Package>, String> {
    let mut all = crates()?;
    all.extend(modules()?);
    all.sort_by(|a, b| a.title.cmp(&b.title));
    Ok(all)
}

/// Crates that the binary is linked with, as they are locked.
fn crates() -> Result<Vec<Package>, String> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let args = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &target];
    let text = output(&mut cargo(&args)).ok_or("cargo metadata failed (run a build first)")?;
    let metadata: Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let packages = list(&metadata["packages"]);
    let nodes = list(&metadata["resolve"]["nodes"]);
    let start = packages.iter().find(|package| package["name"] == "tollgate").map(|package| text(&package["id"]));
    let (mut open, mut seen) = (vec![start.ok_or("there is no package tollgate")?], BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id.as_str());
        for dependency in node.map(|node| list(&node["deps"])).unwrap_or_default() {
            // What builds or tests it is not in it.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    let held =
        |package: &Value| seen.contains(&text(&package["id"])) || DATA.contains(&text(&package["name"]).as_str());
    let inside = packages.iter().filter(|package| !package["source"].is_null() && held(package));
    let told = inside.map(|package| Package {
        title: format!("{} {}", text(&package["name"]), text(&package["version"])),
        licence: text(&package["license"]),
        folder: Path::new(&text(&package["manifest_path"])).parent().map(Path::to_owned).unwrap_or_default(),
    });
    Ok(told.collect())
}

/// Packages of the console, as they are locked.
fn modules() -> Result<Vec<Package>, String> {
    let path = root().join("web/package-lock.json");
    let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let lock: Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let locked = lock["packages"].as_object().into_iter().flatten();
    let inside = locked
        .filter(|(place, package)| !place.is_empty() && package["dev"] != true && package["optional"] != true);
    let told = inside.map(|(place, package)| Package {
        title: format!(
            "{} {}",
            place.rsplit("node_modules/").next().unwrap_or(place),
            package["version"].as_str().unwrap_or("")
        ),
        licence: package["license"].as_str().unwrap_or("").to_owned(),
        folder: root().join("web").join(place),
    });
    Ok(told.collect())
}

/// The list at the head of the file.
fn listed(packages: &[Package]) -> String {
    packages.iter().map(|package| format!("{}: {}\n", package.title, package.licence)).collect()
}

/// The whole file.
fn written(packages: &[Package]) -> Result<String, String> {
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for package in packages {
        for text in notices(package)? {
            texts.entry(text).or_default().push(&package.title);
        }
    }
    let mut out = format!("{HEAD}\n{}", listed(packages));
    let mut all: Vec<(String, Vec<&str>)> = texts.into_iter().collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    for (text, titles) in all {
        out.push_str(&format!("\n{RULE}\n{}\n\n{text}\n", titles.join(", ")));
    }
    Ok(out)
}

/// The notices that came with a package: of several licences to choose from MIT's alone, which asks for the least.
fn notices(package: &Package) -> Result<Vec<String>, String> {
    let entries =
        std::fs::read_dir(&package.folder).map_err(|why| format!("{}: {why}", package.folder.display()))?;
    let names = ["license", "licence", "copying", "notice", "unlicense"];
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            names.iter().any(|begin| name.starts_with(begin))
        })
        .collect();
    files.sort();
    let is_mit = |path: &&PathBuf| path.to_string_lossy().to_lowercase().ends_with("mit");
    let mit: Vec<PathBuf> = files.iter().filter(is_mit).cloned().collect();
    let chosen = if package.licence.contains("OR") && !mit.is_empty() { mit } else { files };
    let read = |path: &PathBuf| std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()));
    chosen.iter().map(|path| Ok(tidied(&String::from_utf8_lossy(&read(path)?)))).collect()
}

/// A text without blanks at the ends of lines and around it, so that the same notice is told once.
fn tidied(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(|line| line.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{c}')).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-WEB-2: the notices name every package at the version that is locked.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the word that has generated files written anew")]
    fn notices_are_fresh() {
        let packages = packages().unwrap();
        let path = root().join(FILE);
        if std::env::var_os("TOLLGATE_BLESS").is_some() {
            std::fs::write(&path, written(&packages).unwrap()).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let have = text.strip_prefix(HEAD).and_then(|rest| rest.split(RULE).next()).unwrap_or("").trim();
        assert!(packages.len() > 100, "{}", packages.len());
        let wanted = listed(&packages);
        let (have, wanted): (Vec<&str>, Vec<&str>) = (have.lines().collect(), wanted.lines().collect());
        let missing: Vec<&&str> = wanted.iter().filter(|line| !have.contains(line)).collect();
        let gone: Vec<&&str> = have.iter().filter(|line| !wanted.contains(line)).collect();
        let told =
            format!("`cargo xtask docs` writes {FILE} anew: {missing:?} are not in it, {gone:?} are no more");
        assert!(missing.is_empty() && gone.is_empty() && have == wanted, "{told}");
    }

    #[test]
    fn the_same_notice_is_the_same() {
        assert_eq!(tidied("\n\na  \r\nb\u{c}\n"), "a\nb");
    }
}
