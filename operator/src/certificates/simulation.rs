//! Months of rotations in which everything goes wrong: replicas end and take over from each other, their clocks differ, the
//! API server does not answer, ConfigMaps are written late, and pods see them later still. Whoever has been given authorities
//! lately always trusts the operator.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;

use super::keyring::Keyring;
use super::publication::Publication;
use super::rotation::tests::Numbered;
use super::rotation::{Situation, Step, advance};

const SEEDS: u64 = 40;
const DAYS: u64 = 200;
/// While much happens, which is within [`BUSY`] after a step; while something is waited for; and while nothing is.
const STEPS: [u64; 3] = [20, 600, 4 * 3600];
const BUSY: u64 = 3600;
/// A pod may see what was published so long ago: longer than any kubelet takes.
const LAG: u64 = 9 * 60;
/// A session's ConfigMap is written so late at most while the API server answers.
const LATE: u64 = 15 * 60;

/// A ConfigMap, and what it was before.
#[derive(Default)]
struct Session {
    /// Since when it has been what.
    versions: VecDeque<(u64, String)>,
    /// When it will be as it shall.
    due: Option<u64>,
    /// Nobody can write it.
    is_broken: bool,
}

/// The replica that leads. Another one knows nothing of what it has observed.
struct Leader {
    publication: Publication,
    /// By so many seconds its clock is wrong.
    clock: i64,
    served: Option<Keyring>,
}

struct World {
    random: Rng,
    start: Instant,
    /// Seconds since then.
    now: u64,
    stored: Option<Keyring>,
    sessions: Vec<Session>,
    leader: Leader,
    /// Until then the API server does not answer.
    outage: u64,
    request: u32,
    steps: Vec<Step>,
    /// When the last of them was taken.
    stepped: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut sessions: Vec<_> = (0..random.usize(..6)).map(|_| Session::default()).collect();
        if seed.is_multiple_of(5) {
            sessions.push(Session { is_broken: true, ..Session::default() });
        }
        let leader = Leader { publication: Publication::default(), clock: 0, served: None };
        Self {
            random,
            start: Instant::now(),
            now: 0,
            stored: None,
            sessions,
            leader,
            outage: 0,
            request: 0,
            steps: Vec::new(),
            stepped: 0,
        }
    }

    fn step(&mut self) {
        let is_waiting = self.stored.as_ref().is_some_and(|keyring| keyring.next.is_some());
        let is_busy = self.now < self.stepped + BUSY;
        self.now += match (is_busy, is_waiting) {
            (true, _) => STEPS[0],
            (false, true) => STEPS[1],
            (false, false) => STEPS[2],
        };
        let rarely = if is_busy { 200 } else { 30 };
        match self.random.u32(..rarely) {
            0 => self.take_over(),
            1 => self.outage = self.now + self.random.u64(..3 * 3600),
            2 if !is_busy && !is_waiting => self.request += 1,
            3 => drop(self.sessions.pop_if(|session| !session.is_broken)),
            4 => self.sessions.insert(0, Session::default()),
            _ => {}
        }
        if self.now >= self.outage {
            self.lead();
            self.write_config_maps();
        }
        for session in &mut self.sessions {
            // All but the last were replaced; pods may see one for a while after that.
            while session.versions.get(1).is_some_and(|(since, _)| since + LAG < self.now) {
                session.versions.pop_front();
            }
        }
    }

    fn take_over(&mut self) {
        let clock = self.random.i64(-3600..3600);
        self.leader = Leader { publication: Publication::default(), clock, served: self.stored.clone() };
    }

    fn lead(&mut self) {
        let now = self.start + Duration::from_secs(self.now);
        let publication = &mut self.leader.publication;
        if let Some(keyring) = &self.stored {
            let bundle = keyring.bundle();
            let has_others =
                |session: &Session| session.versions.back().is_some_and(|(_, given)| *given != bundle);
            publication.observe(&bundle, !self.sessions.iter().any(has_others), now);
        }
        let wall =
            Timestamp::from_second(1_800_000_000 + i64::try_from(self.now).unwrap() + self.leader.clock);
        let situation = Situation {
            names: &["operator".to_owned()],
            request: Some(&self.request.to_string()),
            published_for: publication.published_for(now),
            known_for: publication.known_for(now),
            now: wall.unwrap(),
        };
        let (keyring, steps) = advance(self.stored.take(), situation, &Numbered).unwrap();
        if !steps.is_empty() {
            self.stepped = self.now;
        }
        self.steps.extend(steps);
        self.stored = Some(keyring.clone());
        self.leader.served = Some(keyring);
    }

    fn write_config_maps(&mut self) {
        let Some(bundle) = self.stored.as_ref().map(Keyring::bundle) else { return };
        for session in &mut self.sessions {
            let is_new = session.versions.is_empty();
            let is_current = session.versions.back().is_some_and(|(_, given)| *given == bundle);
            if is_current || (session.is_broken && !is_new) {
                session.due = None;
                continue;
            }
            let late = if is_new { 0 } else { self.random.u64(..LATE) };
            if *session.due.get_or_insert(self.now + late) <= self.now {
                session.versions.push_back((self.now, bundle.clone()));
                session.due = None;
            }
        }
    }

    /// Whoever was given authorities lately trusts the one that is used.
    fn check(&self, seed: u64) {
        let Some(served) = &self.leader.served else { return };
        let name = &served.current.name;
        let working = self.sessions.iter().filter(|session| !session.is_broken);
        for (_, given) in working.flat_map(|session| &session.versions) {
            let trusts = given.lines().any(|known| known == name);
            assert!(trusts, "seed {seed}, second {}: {name} is not among {given}", self.now);
        }
        let trusted = served.bundle().lines().count();
        assert!(trusted <= 3, "seed {seed}: {trusted} are trusted");
    }
}

#[test]
fn whoever_was_given_authorities_lately_always_trusts_the_operator() {
    let mut rotations = 0;
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        while world.now < DAYS * 24 * 3600 {
            world.step();
            world.check(seed);
        }
        let count = |step| world.steps.iter().filter(|taken| **taken == step).count();
        assert_eq!(count(Step::Begun), 1, "seed {seed}: keys were thrown away");
        // All sixty days, and when they were asked for; the last ones may still be under way.
        let (prepared, switched) = (count(Step::Prepared), count(Step::Switched));
        assert!(switched >= 2 && prepared - switched <= 1, "seed {seed}: {switched} of {prepared}");
        rotations += switched;
    }
    assert!(rotations > 1000, "{rotations}: too few of them were tried");
}
