//! For how long it goes on.

use std::time::Duration;

const VARIABLE: &str = "BALLSESSION_SOAK_SECONDS";

/// What the variable says, if it does.
pub(crate) fn asked_for() -> Option<Duration> {
    std::env::var(VARIABLE).ok().map(|text| Duration::from_secs(text.parse().unwrap()))
}
