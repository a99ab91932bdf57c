//! Runs steps one after the other, counts what passed and takes their times.
//! In: steps. Out: a table, and the last line `N passed, N failed`. Never here: what a step does.

use std::time::{Duration, Instant};

/// What came of one step.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Count {
    /// A step that is one check.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// Adds what a line of a test runner says, whichever runner it is.
    pub(crate) fn add_line(&mut self, line: &str) {
        let line = line.trim();
        let counts = line.starts_with("test result:")
            || line.starts_with("Summary [")
            || line.starts_with("Tests  ")
            || (line.ends_with("failed") && line.contains(" passed, ") && line.split(' ').count() == 4);
        if counts {
            self.passed += number_before(line, "passed");
            self.failed += number_before(line, "failed");
        }
    }
}

/// The number right before a word, zero when there is none.
fn number_before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';', ',', '(', ')']).filter(|w| !w.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration, Count)>,
}

impl Steps {
    /// Runs a step. An error is a failure with a reason, and the next steps still run.
    #[expect(clippy::disallowed_methods, reason = "a stop watch for a person, of nothing that is tested")]
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<Count, String>) {
        println!("\n== {name}");
        let start = Instant::now();
        let count = step().unwrap_or_else(|why| {
            eprintln!("{name}: {why}");
            Count::one(false)
        });
        let time = start.elapsed();
        println!("== {name}: {:.1} s, {} passed, {} failed", time.as_secs_f32(), count.passed, count.failed);
        self.done.push((name.to_owned(), time, count));
    }

    /// Prints the table and the last line; true when nothing failed.
    pub(crate) fn finish(self) -> bool {
        println!("\n{:<28} {:>8} {:>8} {:>8}", "step", "seconds", "passed", "failed");
        let mut all = Count::default();
        let mut time = Duration::ZERO;
        for (name, took, count) in &self.done {
            println!("{name:<28} {:>8.1} {:>8} {:>8}", took.as_secs_f32(), count.passed, count.failed);
            all.passed += count.passed;
            all.failed += count.failed;
            time += *took;
        }
        println!("{:<28} {:>8.1}\n", "all", time.as_secs_f32());
        println!("{} passed, {} failed", all.passed, all.failed);
        all.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn the_words_of_every_runner_are_understood() {
        for (line, passed, failed) in [
            ("test result: ok. 25 passed; 0 failed; 0 ignored; 0 measured;", 25, 0),
            ("test result: FAILED. 3 passed; 2 failed; 0 ignored", 3, 2),
            ("     Summary [   0.012s] 41 tests run: 40 passed (1 slow), 1 failed, 0 skipped", 40, 1),
            ("      Tests  1 failed | 61 passed (62)", 61, 1),
            ("Test Files  4 passed (4)", 0, 0),
            ("17 passed, 1 failed", 17, 1),
            ("the step said 17 passed, 1 failed", 0, 0),
            ("test mind::one ... ok", 0, 0),
        ] {
            let mut count = Count::default();
            count.add_line(line);
            assert_eq!(count, Count { passed, failed }, "{line}");
        }
    }
}
