//! What the operator counts, as it says itself.

use anyhow::{Context, Result};

/// A scrape.
pub(super) struct Series(String);

impl Series {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The requests that change something, of those that need the lease.
    pub(super) fn writes(&self) -> Result<u64> {
        let requests = |verb: &str| self.requests(verb);
        Ok(requests("post")? + requests("put")? + requests("patch")? + requests("delete")?)
    }

    /// The requests that read, but for watches.
    pub(super) fn reads(&self) -> Result<u64> {
        self.requests("get")
    }

    fn requests(&self, verb: &str) -> Result<u64> {
        self.value(&format!("ballsession_operator_api_request_duration_seconds_count{{verb=\"{verb}\"}}"))
    }

    fn value(&self, series: &str) -> Result<u64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.with_context(|| format!("the operator does not say {series}"))?
            .parse()
            .with_context(|| format!("{series} is no whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_change_something_are_added_up() {
        let line = |verb: &str, count: u64| {
            format!("ballsession_operator_api_request_duration_seconds_count{{verb=\"{verb}\"}} {count}\n")
        };
        let text = [("get", 1), ("post", 20), ("put", 300), ("patch", 4000), ("delete", 50_000)];
        let series = Series::new(text.map(|(verb, count)| line(verb, count)).concat());
        assert_eq!((series.writes().unwrap(), series.reads().unwrap()), (54_320, 1));
        let missing = Series::new(line("get", 1)).writes().unwrap_err().to_string();
        assert!(
            missing.starts_with("the operator does not say ballsession_operator_api_request"),
            "{missing}"
        );
    }
}
