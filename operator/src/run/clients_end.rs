//! How the clients of a bounded run ended.

use std::time::Duration;

use jiff::Timestamp;

/// What a bounded run may take beyond its duration: to be scheduled, pull the image and decode a first frame.
const SLACK: Duration = Duration::from_secs(120);

/// How the clients of a bounded run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientsEnd {
    /// Each of them did what it was to do.
    Finished,
    /// Not all of them in time.
    DeadlineExceeded,
}

/// How the clients of a run ended, if they did, that takes `duration` and whose first client was asked for at `started`;
/// and else when it is given up.
pub fn clients_end(
    are_all_finished: bool,
    duration: Option<Duration>,
    started: Option<Timestamp>,
    time: Timestamp,
) -> (Option<ClientsEnd>, Option<Duration>) {
    let Some(duration) = duration else { return (None, None) };
    if are_all_finished {
        return (Some(ClientsEnd::Finished), None);
    }
    let Some(started) = started else { return (None, None) };
    let lasted = Duration::try_from(time.duration_since(started)).unwrap_or_default();
    match (duration + SLACK).checked_sub(lasted).filter(|left| !left.is_zero()) {
        Some(left) => (None, Some(left)),
        None => (Some(ClientsEnd::DeadlineExceeded), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_run_ends_with_its_last_client_or_at_its_deadline() {
        let start = Timestamp::UNIX_EPOCH;
        let at = |second: u64, are_all_finished| {
            let duration = Some(Duration::from_secs(300));
            clients_end(are_all_finished, duration, Some(start), start + Duration::from_secs(second))
        };
        assert_eq!(at(419, false), (None, Some(Duration::from_secs(1))));
        assert_eq!(at(420, false), (Some(ClientsEnd::DeadlineExceeded), None));
        assert_eq!(at(10, true), (Some(ClientsEnd::Finished), None));
        assert_eq!(
            clients_end(true, None, Some(start), start),
            (None, None),
            "without a duration none is done"
        );
        assert_eq!(clients_end(false, Some(SLACK), None, start), (None, None), "nobody was asked for yet");
    }
}
