//! Which clients are to be there.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::row::Row;

/// What the operator does by itself is forgiven for so long.
const GRACE: Duration = Duration::from_secs(60);

/// A client that never had media is taken for one that comes back for so long.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Who is to be there: whom the operator names; where there is none, whoever had media and did not say bye.
#[derive(Debug, Default)]
pub(crate) struct Wanting {
    /// The ids, and since when each is among them.
    ids: Option<BTreeMap<String, Instant>>,
    is_suspended: bool,
    epoch: Option<String>,
    epoch_began: Option<Instant>,
    /// When the server stopped sending.
    media_ended: Option<Instant>,
}

impl Wanting {
    pub(crate) fn set_ids(&mut self, ids: Option<Vec<String>>, now: Instant) {
        let before = self.ids.take().unwrap_or_default();
        self.ids = ids.map(|ids| {
            ids.into_iter()
                .map(|id| (before.get(&id).copied().unwrap_or(now), id))
                .map(|(since, id)| (id, since))
                .collect()
        });
    }

    /// Whether that was a change.
    pub(crate) fn set_suspended(&mut self, is_suspended: bool) -> bool {
        std::mem::replace(&mut self.is_suspended, is_suspended) != is_suspended
    }

    /// Whether that was a change. The first epoch that is heard of is none.
    pub(crate) fn set_epoch(&mut self, epoch: &str, now: Instant) -> bool {
        let before = self.epoch.replace(epoch.to_owned());
        let is_new = before.is_some_and(|before| before != epoch);
        if is_new {
            self.epoch_began = Some(now);
        }
        is_new
    }

    /// The server sends nothing any more. The first call counts.
    pub(crate) fn end_media(&mut self, now: Instant) -> bool {
        let is_first = self.media_ended.is_none();
        self.media_ended.get_or_insert(now);
        is_first
    }

    /// `now`, or when the server stopped sending: from there on nobody can have media.
    pub(crate) fn judged_at(&self, now: Instant) -> Instant {
        self.media_ended.map_or(now, |ended| ended.min(now))
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    pub(crate) fn epoch_age(&self, now: Instant) -> Option<Duration> {
        self.epoch_began.map(|began| now.saturating_duration_since(began))
    }

    /// Whether absences are the operator's own doing.
    pub(crate) fn is_forgiving(&self, now: Instant) -> bool {
        self.epoch_age(now).is_some_and(|age| age < GRACE)
    }

    /// When what the operator did last ceased to be forgiven.
    pub(crate) fn forgiven_until(&self) -> Option<Instant> {
        self.epoch_began.map(|began| began + GRACE)
    }

    /// Whether the time of clients that are wanted runs at all.
    pub(crate) fn is_running(&self) -> bool {
        !self.is_suspended && self.media_ended.is_none()
    }

    /// Whether the operator named the client.
    pub(crate) fn names(&self, id: &str) -> bool {
        self.ids.as_ref().is_some_and(|ids| ids.contains_key(id))
    }

    /// Whether nobody says who is to be there.
    pub(crate) fn is_open(&self) -> bool {
        self.ids.is_none()
    }

    /// The ids that were named and since when.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&str, Instant)> {
        self.ids.iter().flatten().map(|(id, since)| (id.as_str(), *since))
    }

    /// Whether the client of a row is to be there.
    pub(crate) fn wants(&self, row: &Row, now: Instant) -> bool {
        if !self.is_open() {
            return self.names(&row.name);
        }
        if row.viewer.last_decoded().is_some() {
            return !row.said_bye;
        }
        match row.gone_at {
            // Whoever watches without a report channel is none of those that are measured.
            None => !row.watches_only(),
            Some(gone) => !row.said_bye && now.saturating_duration_since(gone) <= COMES_BACK_WITHIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_wanted_since_it_was_first_named() {
        let start = Instant::now();
        let later = start + Duration::from_secs(9);
        let mut wanting = Wanting::default();
        assert!(wanting.is_open());
        wanting.set_ids(Some(vec!["a".into(), "b".into()]), start);
        wanting.set_ids(Some(vec!["b".into(), "c".into()]), later);
        assert_eq!(wanting.ids().collect::<Vec<_>>(), [("b", start), ("c", later)]);
        assert!(wanting.names("c") && !wanting.names("a"));
    }

    #[test]
    fn the_first_epoch_is_no_change_and_the_next_ones_are() {
        let start = Instant::now();
        let mut wanting = Wanting::default();
        assert!(!wanting.set_epoch("one", start) && !wanting.set_epoch("one", start));
        assert_eq!(wanting.epoch_age(start), None);
        assert!(wanting.set_epoch("two", start));
        assert!(wanting.is_forgiving(start + GRACE - Duration::from_millis(1)));
        assert!(!wanting.is_forgiving(start + GRACE));
    }
}
