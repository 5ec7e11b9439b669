//! Upgrades of an operator with many sessions, on virtual time: its processes die between any two writes and stay away for a
//! while, versions follow each other before all has moved, users change what they ask for, and some sessions never get ready
//! again. Never are more than a batch of sessions without media by the operator's doing, and in the end all have moved.

use std::time::{Duration, Instant};

use crds::{PartTemplates, PodTemplates};
use fastrand::Rng;

use super::{PartFacts, Rollout, has_turn, is_outdated, moved, part_templates};

const SESSIONS: usize = 17;
/// Sessions that are made anew at a time, and how long others wait for one that does not get ready.
const BATCH: usize = 5;
const PATIENCE: u64 = 60;
/// Until then everything goes wrong; and then there is time for all to move.
const CALM: u64 = 300;
const END: u64 = CALM + 60 * 8;

/// A session, with pods of one part.
#[derive(Debug, Clone)]
struct Session {
    is_bounded: bool,
    asked: u32,
    /// What the status has; nothing of a version that did not store it.
    stored: Option<PartTemplates>,
    moved_at: Option<u64>,
    /// What it was when its status was written last.
    observed: u32,
    /// What its pods are made of.
    live: String,
    ready_at: u64,
    /// When its pods were made anew although nobody had asked for anything else.
    disturbed_at: Option<u64>,
}

/// A process that leads.
struct Process {
    version: u32,
    rollout: Rollout<usize>,
}

struct World {
    random: Rng,
    start: Instant,
    second: u64,
    sessions: Vec<Session>,
}

impl World {
    fn of(seed: u64) -> Self {
        let session = |place: usize| Session {
            is_bounded: place.is_multiple_of(6),
            asked: 0,
            stored: None,
            moved_at: None,
            observed: 0,
            live: "0-v0".into(),
            ready_at: 0,
            disturbed_at: None,
        };
        let sessions = (0..SESSIONS).map(session).collect();
        Self { random: Rng::with_seed(seed), start: Instant::now(), second: 0, sessions }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_secs(self.second)
    }

    /// Another process, of this version, that knows what is stored.
    fn lead(&self, version: u32) -> Process {
        let mut rollout = Rollout::default();
        for (place, session) in self.sessions.iter().enumerate() {
            let is_turn = session.stored.as_ref().is_some_and(|part| has_turn(&of(part)));
            let age = match session.moved_at {
                _ if is_turn => Some(0),
                moved_at => moved_at.map(|at| self.second - at),
            };
            if let Some(age) = age {
                rollout.resume(place, Duration::from_secs(age), self.now());
            }
        }
        Process { version, rollout }
    }

    /// Reconciles one session; whether the process survives that.
    fn reconcile(&mut self, process: &mut Process, place: usize) -> bool {
        let (now, second) = (self.now(), self.second);
        let (dies_early, dies_late) = (second < CALM && self.chance(2), second < CALM && self.chance(2));
        let takes = if self.chance(10) { 10_000 } else { self.random.u64(3..40) };
        let session = &mut self.sessions[place];
        let (asked, built) = (session.asked.to_string(), format!("{}-v{}", session.asked, process.version));
        let part = part_templates(&PartFacts {
            stored: session.stored.as_ref(),
            found: Some(session.live.as_str()).filter(|_| session.stored.is_none()),
            is_current: session.observed == session.asked,
            asked: &asked,
            built: &built,
        });
        let turn = session.stored.as_ref().is_some_and(|part| has_turn(&of(part)));
        if turn {
            process.rollout.begin(&place, now);
        }
        let moves = !session.is_bounded && is_outdated(&part) && process.rollout.may_move(&place, now);
        if dies_early {
            return false;
        }
        if !part.hashes.contains(&session.live) {
            // What a process made of it that died before it stored that, the next one may make otherwise.
            let is_asked = session.stored.as_ref().is_none_or(|stored| stored.asked != asked);
            assert!(is_asked || !session.is_bounded, "a bounded run stays as it is: {session:?}");
            session.disturbed_at = (!is_asked).then_some(second);
            (session.live, session.ready_at) = (built, second + takes);
        }
        if dies_late {
            return false;
        }
        if turn {
            session.moved_at = Some(second);
        }
        let is_settled = session.ready_at <= second && (session.is_bounded || !is_outdated(&part));
        session.stored = Some(if moves { moved(&part) } else { part });
        session.observed = session.asked;
        if is_settled {
            process.rollout.settled(&place, now);
        }
        true
    }

    /// The sessions without media because the operator made their pods anew, within the time for which others wait.
    fn disturbed(&self) -> Vec<usize> {
        let is_disturbed = |session: &Session| {
            let is_recent = session.disturbed_at.is_some_and(|at| self.second - at < PATIENCE);
            is_recent && session.ready_at > self.second
        };
        (0..SESSIONS).filter(|place| is_disturbed(&self.sessions[*place])).collect()
    }
}

fn of(part: &PartTemplates) -> PodTemplates {
    PodTemplates { server: Some(part.clone()), ..PodTemplates::default() }
}

fn simulate(seed: u64) {
    let mut world = World::of(seed);
    let mut version = 1;
    let mut process = Some(world.lead(version));
    let mut back_at = 0;
    while world.second < END {
        world.second += 1;
        let is_calm = world.second >= CALM;
        if !is_calm && world.chance(2) {
            let place = world.random.usize(..SESSIONS);
            world.sessions[place].asked += 1;
        }
        if !is_calm && world.chance(1) {
            version += 1;
            process = None;
        }
        let Some(leader) = &mut process else {
            if world.second >= back_at || is_calm {
                process = Some(world.lead(version));
            }
            continue;
        };
        let mut places: Vec<_> = (0..SESSIONS).collect();
        world.random.shuffle(&mut places);
        if !is_calm {
            places.truncate(6);
        }
        places.extend(leader.rollout.next(world.now()));
        let survives = places.into_iter().all(|place| world.reconcile(leader, place));
        if !survives {
            process = None;
            back_at = world.second + world.random.u64(..90);
        }
        let disturbed = world.disturbed();
        assert!(disturbed.len() <= BATCH, "seed {seed}: {disturbed:?} at {}", world.second);
    }
    for session in &world.sessions {
        let is_of = session.live.split_once('-').unwrap();
        assert_eq!(is_of.0, session.asked.to_string(), "seed {seed}: {session:?}");
        assert!(session.is_bounded || is_of.1 == format!("v{version}"), "seed {seed}: {session:?}");
    }
}

#[test]
fn whatever_happens_at_an_upgrade_only_a_batch_is_disturbed_and_all_have_moved_in_the_end() {
    for seed in 0..500 {
        simulate(seed);
    }
}
