//! Words that may stand nowhere. In: files. Out: where they stand.
//! Never here: the words in one piece, or this file would find itself.

use super::File;

/// Paths of one machine, hosts of one registry, and words about how the work was organised.
const BANNED: [&str; 13] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("art", "ifactory"),
    concat!("nex", "us.internal"),
    concat!("work", "tree"),
    concat!("sub", "agent"),
    concat!("sub-", "agent"),
    concat!("coding ", "agent"),
    concat!("the ", "brief"),
    concat!("generated ", "by ai"),
    concat!("ai-", "generated"),
    concat!("language model ", "wrote"),
];

/// Finds banned words, whatever their case, in every file and its name.
pub(super) fn banned(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files {
        for (number, line) in std::iter::once(file.path.as_str()).chain(file.text.lines()).enumerate() {
            let line = line.to_lowercase();
            if let Some(word) = BANNED.iter().find(|word| line.contains(*word)) {
                out.push(format!("{}:{number}: '{word}'", file.path));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::banned;
    use crate::tidy::tests::tells_apart;

    #[test]
    fn banned_words_are_found() {
        let path = format!("cd {}x\n", super::BANNED[0]);
        let word = format!("made in a {}\n", super::BANNED[5].to_uppercase());
        tells_apart(banned, &[("a", &path), ("b.md", &word)], &[("a", "cd /srv/x\n"), ("a", "a work tree\n")]);
    }
}
