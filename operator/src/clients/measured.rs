//! For how long the clients of a bounded run have measured, and the text of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clients::index_runs;
use crate::run::WantedClients;

/// For how long each client has measured that has, or has had, media. Times are whole seconds since the run began, rounded so
/// that nobody is taken to have measured for longer than it has. They change with an attempt and not with time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured(BTreeMap<u32, Share>);

/// For how long one client has measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    /// In its attempts that are over, in seconds.
    before: u32,
    /// Since which second its last attempt has, where that is not over.
    since: Option<u32>,
}

impl Measured {
    /// Reads a text such as `0-3:0@41,4:60`. What is none says nothing: then clients measure for longer than they need to.
    pub fn parse(text: &str) -> Self {
        let share = |times: &str| {
            let (before, since) = match times.split_once('@') {
                Some((before, since)) => (before, Some(since.parse().ok()?)),
                None => (times, None),
            };
            Some(Share { before: before.parse().ok()?, since })
        };
        Self(index_runs::parse(text, share).unwrap_or_default())
    }

    /// The text.
    pub fn text(&self) -> String {
        index_runs::text(&self.0, |Share { before, since }| {
            let since = since.map(|since| format!("@{since}")).unwrap_or_default();
            format!("{before}{since}")
        })
    }

    /// For how long the attempts of a client measured that are over.
    pub fn before(&self, index: u32) -> Duration {
        Duration::from_secs(self.0.get(&index).map_or(0, |share| share.before).into())
    }

    /// For how long all its attempts have measured `age` after the run began.
    pub fn until(&self, index: u32, age: Duration) -> Duration {
        let since = self.0.get(&index).and_then(|share| share.since);
        self.before(index) + since.map_or(Duration::ZERO, |since| measured(since, age))
    }

    /// The last attempt of a client has media `age` after the run began. Said again and again, the first time counts.
    pub(super) fn has_media(&mut self, index: u32, age: Duration) {
        let second = age.as_secs() + u64::from(age.subsec_nanos() > 0);
        let second = u32::try_from(second).unwrap_or(u32::MAX);
        self.0.entry(index).or_default().since.get_or_insert(second);
    }

    /// The last attempt of a client was over `age` after the run began; `None` where nobody knows when that was, so that
    /// nobody knows for how long it measured.
    pub(super) fn is_over(&mut self, index: u32, age: Option<Duration>) {
        let Some(share) = self.0.get_mut(&index) else { return };
        if let Some((since, age)) = share.since.take().zip(age) {
            let seconds = u32::try_from(measured(since, age).as_secs()).unwrap_or(u32::MAX);
            share.before = share.before.saturating_add(seconds);
        }
        if share.before == 0 {
            self.0.remove(&index);
        }
    }

    /// Of other clients than these nothing is known any more.
    pub(super) fn keep(&mut self, clients: &WantedClients) {
        self.0.retain(|index, _| clients.contains(*index));
    }

    /// Whatever a client has measured does not count any more.
    pub(super) fn forget(&mut self, index: u32) {
        self.0.remove(&index);
    }
}

fn measured(since: u32, age: Duration) -> Duration {
    age.saturating_sub(Duration::from_secs(since.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nobody_is_taken_to_have_measured_for_longer_than_it_has() {
        let mut measured = Measured::default();
        measured.has_media(1, at(40_200));
        measured.has_media(1, at(50_000));
        assert_eq!(measured.text(), "1:0@41");
        assert_eq!((measured.before(1), measured.until(1, at(43_500))), (at(0), at(2_500)));
        measured.is_over(1, Some(at(60_900)));
        measured.is_over(1, Some(at(99_000)));
        assert_eq!((measured.text().as_str(), measured.until(1, at(99_000))), ("1:19", at(19_000)));
        measured.has_media(1, at(70_000));
        assert_eq!((measured.text().as_str(), measured.until(1, at(75_000))), ("1:19@70", at(24_000)));
        // Nobody saw its end.
        measured.is_over(1, None);
        assert_eq!(measured.text(), "1:19");
        measured.forget(1);
        assert_eq!(measured, Measured::default());
    }

    #[test]
    fn an_attempt_that_measured_nothing_leaves_nothing() {
        let mut measured = Measured::default();
        measured.is_over(0, Some(at(5_000)));
        measured.has_media(0, at(5_000));
        measured.is_over(0, None);
        assert_eq!(measured.text(), "");
    }

    #[test]
    fn neighbours_are_told_together() {
        let measured = Measured::parse("0-3:0@41,4:60,5:60@300");
        assert_eq!([0, 4, 5, 6].map(|index| measured.before(index).as_secs()), [0, 60, 60, 0]);
        assert_eq!([0, 4, 5, 6].map(|index| measured.until(index, at(301_000)).as_secs()), [260, 60, 61, 0]);
        assert_eq!(measured.text(), "0-3:0@41,4:60,5:60@300");
    }

    #[test]
    fn what_is_no_text_of_times_says_nothing() {
        for text in ["", "a", "1", "3-1:1", "0-4294967295:1", "100:1", "0:-1", "0:@1", "0:1@", "0:4294967296"]
        {
            assert_eq!(Measured::parse(text), Measured::default(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(
            shares in prop::collection::btree_map(0_u32..100, (any::<u32>(), any::<Option<u32>>()), 0..=100)
        ) {
            let shares = shares.into_iter().map(|(index, (before, since))| (index, Share { before, since }));
            let measured = Measured(shares.collect());
            prop_assert!(measured.text().len() <= crds::MAX_MEASURED);
            prop_assert_eq!(Measured::parse(&measured.text()), measured);
        }
    }
}
