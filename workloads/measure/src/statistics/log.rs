//! What became of the frames of one client, until the window has got to them.
//!
//! A report finds little of what is known of its client in the processor's cache. So it adds one entry here, and what many
//! reports add to distributions and slices is added together, once the frames are settled.

use std::time::Duration;

use super::{
    entry::{Entry, Fate},
    split::Split,
};

/// Entries that are kept at most; there are more than 200 only if nobody ever says that time has passed.
const MOST: usize = 1024;

/// What is not known.
const NONE: u32 = u32::MAX;

/// A fate or a latency, in little memory. Times are in nanoseconds, unless said otherwise, and fates with a latency have
/// one of a second at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logged {
    /// When the frame was captured, after the origin of the window.
    pub(crate) moment: u64,
    error: f64,
    latency: u32,
    server: u32,
    client_microseconds: u32,
    kind: Kind,
    /// The frame also ended a step without a gap.
    pub(crate) ends_step: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Matched,
    Repeated,
    Estimated,
    Aligned,
    Lost,
    Late,
    Undecodable,
    Undetected,
    Timed,
}

impl Logged {
    /// What is logged of an entry that belongs to `moment`, if it is one to be logged.
    pub(crate) fn new(moment: u64, entry: &Entry) -> Option<Self> {
        let nothing = Self {
            moment,
            error: 0.0,
            latency: 0,
            server: NONE,
            client_microseconds: NONE,
            kind: Kind::Lost,
            ends_step: false,
        };
        let timed = |kind, error, latency: &Duration, split: &Split| {
            let (server, client) = split.known();
            Self {
                error,
                latency: limited(latency.as_nanos()),
                server: server.map_or(NONE, |time| limited(time.as_nanos())),
                client_microseconds: client.map_or(NONE, |time| limited(time.as_micros())),
                kind,
                ..nothing
            }
        };
        Some(match entry {
            Entry::Settled(Fate::Matched { error, latency, split }) => {
                timed(Kind::Matched, *error, latency, split)
            }
            Entry::Settled(Fate::Estimated { error, latency }) => {
                timed(Kind::Estimated, *error, latency, &Split::default())
            }
            Entry::Timed { latency, split } => timed(Kind::Timed, 0.0, latency, split),
            Entry::Settled(Fate::Repeated { error }) => {
                Self { error: *error, kind: Kind::Repeated, ..nothing }
            }
            Entry::Settled(Fate::Aligned { error }) => Self { error: *error, kind: Kind::Aligned, ..nothing },
            Entry::Settled(Fate::Lost) => nothing,
            Entry::Settled(Fate::Late) => Self { kind: Kind::Late, ..nothing },
            Entry::Settled(Fate::Undecodable) => Self { kind: Kind::Undecodable, ..nothing },
            Entry::Settled(Fate::Undetected) => Self { kind: Kind::Undetected, ..nothing },
            _ => return None,
        })
    }

    /// What was logged.
    pub(crate) fn entry(&self) -> Entry {
        let (error, latency) = (self.error, Duration::from_nanos(self.latency.into()));
        let split = || {
            let known = |value: u32| Some(u64::from(value)).filter(|_| value != NONE);
            let server = known(self.server).map(Duration::from_nanos);
            Split::new(latency, server, known(self.client_microseconds).map(Duration::from_micros))
        };
        Entry::Settled(match self.kind {
            Kind::Matched => Fate::Matched { error, latency, split: split() },
            Kind::Timed => return Entry::Timed { latency, split: split() },
            Kind::Repeated => Fate::Repeated { error },
            Kind::Estimated => Fate::Estimated { error, latency },
            Kind::Aligned => Fate::Aligned { error },
            Kind::Lost => Fate::Lost,
            Kind::Late => Fate::Late,
            Kind::Undecodable => Fate::Undecodable,
            Kind::Undetected => Fate::Undetected,
        })
    }
}

fn limited(number: u128) -> u32 {
    u32::try_from(number).unwrap_or(NONE).min(NONE - 1)
}

/// The entries of one client, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Logged>,
    /// Those at the front of which the distributions of the whole run have their samples.
    sampled: usize,
}

impl Log {
    pub(crate) fn push(&mut self, logged: Logged) {
        self.entries.push(logged);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= MOST
    }

    /// The newest entry.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Logged> {
        self.entries.last_mut()
    }

    /// Those that came since [`Log::sampled`].
    pub(crate) fn unsampled(&self) -> &[Logged] {
        self.entries.get(self.sampled..).unwrap_or_default()
    }

    /// The samples of all are in the distributions of the whole run.
    pub(crate) fn sampled(&mut self) {
        self.sampled = self.entries.len();
    }

    /// Moves those that are of a moment before `before` to `settled`. The samples of all must have been taken.
    pub(crate) fn settle(&mut self, before: u64, settled: &mut Vec<Logged>) {
        settled.extend(self.entries.extract_if(.., |logged| logged.moment < before));
        self.sampled = self.entries.len();
    }

    /// Takes out the oldest half, whatever their moment is. The samples of all must have been taken.
    pub(crate) fn take_half(&mut self) -> Vec<Logged> {
        let taken = self.entries.drain(..self.entries.len() / 2).collect();
        self.sampled = self.entries.len();
        taken
    }

    /// Takes out all.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.sampled = 0;
    }

    /// Adds what another one has. The samples of all must have been taken.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.entries.extend(&other.entries);
        self.sampled = self.entries.len();
    }

    /// All entries.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Logged> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_out_as_it_went_in() {
        let (error, latency) = (0.25, Duration::from_nanos(987_654_321));
        let split = |server, client| Split::new(latency, server, client);
        let (server, client) = (Duration::from_nanos(1_234_567), Duration::from_micros(4321));
        let entries = [
            Entry::Settled(Fate::Matched { error, latency, split: split(Some(server), Some(client)) }),
            Entry::Settled(Fate::Matched { error, latency, split: split(None, Some(client)) }),
            Entry::Timed { latency, split: split(Some(server), None) },
            Entry::Settled(Fate::Repeated { error }),
            Entry::Settled(Fate::Estimated { error, latency }),
            Entry::Settled(Fate::Aligned { error }),
            Entry::Settled(Fate::Lost),
            Entry::Settled(Fate::Late),
            Entry::Settled(Fate::Undecodable),
            Entry::Settled(Fate::Undetected),
        ];
        for entry in entries {
            let logged = Logged::new(7, &entry).expect("a fate or a latency");
            assert_eq!((logged.moment, logged.entry()), (7, entry));
        }
        assert!(Logged::new(7, &Entry::Duplicate).is_none());
    }
}
