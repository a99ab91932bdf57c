//! Latencies and their order. In: durations. Out: percentiles as JSON. Never here: sockets.

use std::time::Duration;

/// What was seen.
#[derive(Default)]
pub struct Summary {
    micros: Vec<u64>,
    failed: u64,
}

impl Summary {
    pub fn add(&mut self, took: Duration, good: bool) {
        if good {
            self.micros.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        } else {
            self.failed += 1;
        }
    }

    pub fn join(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.failed += other.failed;
    }

    /// One line: `{"n":..,"failed":..,"p50_us":..,"p90_us":..,"p99_us":..,"max_us":..}`.
    pub fn json(mut self) -> String {
        self.micros.sort_unstable();
        let at = |permille: usize| {
            let index = (self.micros.len() * permille / 1000).min(self.micros.len().saturating_sub(1));
            self.micros.get(index).copied().unwrap_or(0)
        };
        format!(
            r#"{{"n":{},"failed":{},"p50_us":{},"p90_us":{},"p99_us":{},"max_us":{}}}"#,
            self.micros.len(),
            self.failed,
            at(500),
            at(900),
            at(990),
            at(1000)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use std::time::Duration;

    #[test]
    fn percentiles_are_in_order() {
        let mut summary = Summary::default();
        for micros in (1..=100).rev() {
            summary.add(Duration::from_micros(micros), true);
        }
        summary.add(Duration::ZERO, false);
        let expect = r#"{"n":100,"failed":1,"p50_us":51,"p90_us":91,"p99_us":100,"max_us":100}"#;
        assert_eq!(summary.json(), expect);
    }
}
