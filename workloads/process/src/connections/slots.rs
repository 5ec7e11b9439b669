//! Who may have a connection. A pod can open connections as fast as its node lets it: so each source has slots of its own,
//! and of these, as of all together, the connection that has been idle for longest makes way for a new one. Nobody waits for
//! others to end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::activity::Activity;
use crate::bucket::Bucket;

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At a time.
    pub connections: usize,
    /// At a time from one address. Behind one there may be all pods of a node, where the network translates theirs.
    pub per_source: usize,
    /// New ones from one address at once, and then one each time that this has passed.
    pub burst: u32,
    /// That time.
    pub every: Duration,
}

/// The connections there are. `H` ends one: whoever is handed it has to do so.
pub(super) struct Slots<H> {
    limits: Limits,
    sources: HashMap<IpAddr, Source<H>>,
    taken: usize,
    next: u64,
    /// At so many sources those are forgotten that nothing has to be known of.
    prune_at: usize,
}

struct Source<H> {
    bucket: Bucket,
    last: Instant,
    slots: Vec<Slot<H>>,
}

struct Slot<H> {
    number: u64,
    activity: Activity,
    handle: H,
}

/// Names the slot of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlotId {
    source: IpAddr,
    number: u64,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its source opens them too fast.
    TooFast,
    /// All slots that it could have are taken by requests which are being answered.
    TooMany,
}

/// Fewer sources are never too many to be known.
const LEAST_PRUNED: usize = 1024;

impl<H> Slots<H> {
    /// None is taken.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, sources: HashMap::new(), taken: 0, next: 0, prune_at: LEAST_PRUNED }
    }

    /// Takes a slot for a connection from `source`. What names it, and the one that has to make way for it.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn acquire(
        &mut self,
        source: IpAddr,
        activity: Activity,
        handle: H,
        now: Instant,
    ) -> Result<(SlotId, Option<H>), Refused> {
        self.prune(now);
        let Limits { connections, per_source, burst, every } = self.limits;
        let source = canonical(source);
        let new = || Source { bucket: Bucket::new(every, burst, now), last: now, slots: Vec::new() };
        let its = self.sources.entry(source).or_insert_with(new);
        its.last = now;
        if its.bucket.take_up_to(1, now) == 0 {
            return Err(Refused::TooFast);
        }
        let displaced = if its.slots.len() >= per_source {
            Some(its.end_longest_idle().ok_or(Refused::TooMany)?)
        } else if self.taken >= connections {
            Some(self.end_longest_idle().ok_or(Refused::TooMany)?)
        } else {
            None
        };
        self.taken -= usize::from(displaced.is_some());
        let id = SlotId { source, number: self.next };
        let slot = Slot { number: id.number, activity, handle };
        self.next += 1;
        self.taken += 1;
        self.sources.entry(source).or_insert_with(new).slots.push(slot);
        Ok((id, displaced))
    }

    /// A connection has ended; one that had to make way is gone already.
    pub(super) fn release(&mut self, id: SlotId) {
        let Some(source) = self.sources.get_mut(&id.source) else { return };
        let before = source.slots.len();
        source.slots.retain(|slot| slot.number != id.number);
        self.taken -= before - source.slots.len();
    }

    /// Of the source that has most connections: who has few is safe from who has many.
    fn end_longest_idle(&mut self) -> Option<H> {
        let with_idle = self.sources.values_mut().filter(|source| source.longest_idle().is_some());
        with_idle.max_by_key(|source| source.slots.len())?.end_longest_idle()
    }

    /// Forgets sources that may open as many connections as any other by now, and have none.
    fn prune(&mut self, now: Instant) {
        if self.sources.len() < self.prune_at {
            return;
        }
        let Limits { burst, every, .. } = self.limits;
        let is_known = |source: &Source<H>| now.saturating_duration_since(source.last) < every * burst;
        self.sources.retain(|_, source| !source.slots.is_empty() || is_known(source));
        self.prune_at = (2 * self.sources.len()).max(LEAST_PRUNED);
    }
}

impl<H> Source<H> {
    /// The connection on which nothing has arrived for longest; none whose request is being answered.
    fn longest_idle(&self) -> Option<usize> {
        let idle = |(index, slot): (usize, &Slot<H>)| Some((slot.activity.idle_since()?, slot.number, index));
        self.slots.iter().enumerate().filter_map(idle).min().map(|(_, _, index)| index)
    }

    fn end_longest_idle(&mut self) -> Option<H> {
        let index = self.longest_idle()?;
        Some(self.slots.swap_remove(index).handle)
    }
}

/// One address, however the listener names it.
fn canonical(source: IpAddr) -> IpAddr {
    source.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { connections: 6, per_source: 3, burst: 5, every: Duration::from_millis(10) };

    /// Connections that are numbered as they begin.
    struct Listener {
        slots: Slots<u32>,
        start: Instant,
        ids: Vec<SlotId>,
    }

    impl Listener {
        fn new() -> Self {
            Self { slots: Slots::new(LIMITS), start: Instant::now(), ids: Vec::new() }
        }

        fn connect(&mut self, source: &str, millis: u64) -> (Result<Option<u32>, Refused>, Activity) {
            let now = self.start + Duration::from_millis(millis);
            let activity = Activity::begin(now);
            let number = u32::try_from(self.ids.len() + 1).unwrap();
            let taken = self.slots.acquire(source.parse().unwrap(), activity.clone(), number, now);
            let taken = taken.map(|(id, displaced)| {
                self.ids.push(id);
                displaced
            });
            (taken, activity)
        }
    }

    #[test]
    fn of_one_source_the_longest_idle_makes_way() {
        let mut listener = Listener::new();
        let activities: Vec<_> = (0..3).map(|index| listener.connect("10.0.0.1", 20 * index).1).collect();
        activities[0].arrived(listener.start + Duration::from_millis(55));
        assert_eq!(listener.connect("10.0.0.1", 60).0, Ok(Some(2)));
        activities[0].complete();
        // By its other name, and neither of the newcomers.
        assert_eq!(listener.connect("::ffff:10.0.0.1", 80).0, Ok(Some(3)));
        assert_eq!(listener.connect("10.0.0.2", 80).0, Ok(None));
    }

    #[test]
    fn requests_that_are_being_answered_are_left_alone() {
        let mut listener = Listener::new();
        for index in 0..3 {
            listener.connect("10.0.0.1", 20 * index).1.complete();
        }
        assert_eq!(listener.connect("10.0.0.1", 60).0, Err(Refused::TooMany));
        assert_eq!(listener.connect("10.0.0.2", 60).0, Ok(None));
        let id = listener.ids[0];
        listener.slots.release(id);
        listener.slots.release(id);
        assert_eq!((listener.connect("10.0.0.1", 80).0, listener.slots.taken), (Ok(None), 4));
    }

    #[test]
    fn where_all_places_are_taken_those_with_most_make_way() {
        let mut listener = Listener::new();
        for (index, source) in ["1", "2", "2", "2", "3", "3"].iter().enumerate() {
            let taken = listener.connect(&format!("10.0.0.{source}"), 20 * index as u64).0;
            assert_eq!(taken, Ok(None), "{index}");
        }
        assert_eq!(listener.connect("10.0.0.4", 200).0, Ok(Some(2)));
        assert_eq!(listener.slots.taken, 6);
    }

    #[test]
    fn of_those_with_most_only_who_has_an_idle_one_makes_way() {
        let mut listener = Listener::new();
        for (index, source) in ["1", "1", "1", "2", "2", "3"].iter().enumerate() {
            let (taken, activity) = listener.connect(&format!("10.0.0.{source}"), 20 * index as u64);
            assert_eq!(taken, Ok(None), "{index}");
            if *source == "1" {
                activity.complete();
            }
        }
        assert_eq!(listener.connect("10.0.0.4", 200).0, Ok(Some(4)));
    }

    #[test]
    fn a_source_that_is_too_fast_has_to_wait_and_no_other_one() {
        let mut listener = Listener::new();
        let fast: Vec<_> = (0..7).map(|_| listener.connect("10.0.0.1", 0).0).collect();
        assert_eq!(
            fast,
            [
                Ok(None),
                Ok(None),
                Ok(None),
                Ok(Some(1)),
                Ok(Some(2)),
                Err(Refused::TooFast),
                Err(Refused::TooFast)
            ]
        );
        assert_eq!(listener.connect("10.0.0.2", 0).0, Ok(None));
        assert_eq!(listener.connect("10.0.0.1", 10).0, Ok(Some(3)));
    }

    #[test]
    fn sources_of_before_are_forgotten() {
        let mut listener = Listener::new();
        for index in 0..20_000_u32 {
            let source = std::net::Ipv4Addr::from(0x0a00_0000 + index).to_string();
            listener.connect(&source, u64::from(index)).0.unwrap();
            listener.slots.release(listener.ids[index as usize]);
        }
        assert!(listener.slots.sources.len() <= 2 * LEAST_PRUNED, "{}", listener.slots.sources.len());
        assert_eq!(listener.slots.taken, 0);
    }
}
