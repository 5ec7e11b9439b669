//! Thousands of sessions that all report: how their writes are spread over time. On virtual time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::reports::ledger::pending_write::WriteResult;
use crate::reports::ledger::schedule::Schedule;
use crate::reports::status::Change;

/// How often a server posts, with other numbers each time.
const POST_EVERY: u64 = 5000;
/// What the bucket lets through in a second, and at once.
const A_SECOND: usize = 50;
const AT_ONCE: usize = 11;

/// A step of virtual time, and how long the API server takes for a write, in milliseconds.
const STEP: u64 = 20;
const ANSWER: u64 = 40;

/// What is written of a session, and what is not yet.
#[derive(Default)]
struct Session {
    /// Since when the verdict is another one than the stored one.
    turned: Option<u64>,
    written: Option<u64>,
}

/// All sessions, and what was written of them.
struct Fleet {
    start: Instant,
    schedule: Schedule,
    uids: Vec<String>,
    numbers: HashMap<String, usize>,
    sessions: Vec<Session>,
    random: Rng,
    in_flight: Vec<(u64, usize)>,
    /// When there were writes, and of which session.
    writes: Vec<(u64, usize)>,
    /// How long verdicts took.
    verdicts: Vec<u64>,
    /// Between two writes of a session of which nothing but numbers changed: the least and the most.
    gaps: (u64, u64),
}

impl Fleet {
    fn new(sessions: usize) -> Self {
        let start = Instant::now();
        let uids: Vec<_> = (0..sessions).map(|number| format!("3f6c9a70-{number:08}")).collect();
        Self {
            start,
            schedule: Schedule::new(start),
            numbers: uids.iter().cloned().zip(0..).collect(),
            uids,
            sessions: (0..sessions).map(|_| Session::default()).collect(),
            random: Rng::with_seed(18),
            in_flight: Vec::new(),
            writes: Vec::new(),
            verdicts: Vec::new(),
            gaps: (u64::MAX, 0),
        }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    /// A session reports; `turns`: its verdict is another one.
    fn post(&mut self, number: usize, turns: bool, now: u64) {
        let session = &mut self.sessions[number];
        if turns {
            session.turned.get_or_insert(now);
        }
        let is_urgent = session.turned.is_some() || session.written.is_none();
        let change = if is_urgent { Change::Urgent } else { Change::Numbers };
        self.schedule.plan(&self.uids[number], change, self.start + Duration::from_millis(now));
    }

    /// What the writer does in a step.
    fn write(&mut self, now: u64) {
        let answered: Vec<_> = self.in_flight.extract_if(.., |(end, _)| *end <= now).collect();
        for (_, number) in answered {
            self.schedule.done(&self.uids[number], WriteResult::Stored, self.at(now));
            if self.sessions[number].turned.is_some() {
                self.post(number, false, now);
            }
        }
        while let Some(uid) = self.schedule.next(self.at(now)) {
            let number = self.numbers[&uid];
            let session = &mut self.sessions[number];
            let (turned, before) = (session.turned.take(), session.written.replace(now));
            if let Some(turned) = turned {
                self.verdicts.push(now - turned);
            } else if let Some(before) = before {
                self.gaps = (self.gaps.0.min(now - before), self.gaps.1.max(now - before));
            }
            self.in_flight.push((now + ANSWER, number));
            self.writes.push((now, number));
        }
    }

    /// Has all sessions report for so many seconds; `turns` says how many verdicts turn in a step.
    fn run(&mut self, seconds: u64, turns: impl Fn(u64, &mut Rng) -> usize) {
        let phases: Vec<_> =
            (0..self.sessions.len()).map(|_| self.random.u64(0..POST_EVERY / STEP)).collect();
        let mut by_phase = vec![Vec::new(); usize::try_from(POST_EVERY / STEP).unwrap()];
        for (number, phase) in phases.into_iter().enumerate() {
            by_phase[usize::try_from(phase).unwrap()].push(number);
        }
        for step in 0..seconds * 1000 / STEP {
            let now = step * STEP;
            for number in &by_phase[usize::try_from(step % (POST_EVERY / STEP)).unwrap()] {
                self.post(*number, false, now);
            }
            for _ in 0..turns(now, &mut self.random) {
                let number = self.random.usize(..self.sessions.len());
                self.post(number, true, now);
            }
            self.write(now);
        }
    }

    /// The most writes that there were in any time of so many milliseconds.
    fn most_within(&self, millis: u64) -> usize {
        let (mut first, mut most) = (0, 0);
        for (last, (now, _)) in self.writes.iter().enumerate() {
            while self.writes[first].0 + millis <= *now {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}

#[test]
fn a_thousand_sessions_are_written_a_thousand_times_a_minute_and_ever_more_evenly() {
    let mut fleet = Fleet::new(1000);
    fleet.run(1200, |_, _| 0);
    let (least, most) = fleet.gaps;
    assert!(least >= 60_000 && most <= 71_000, "{least} to {most} ms between two writes of a session");
    assert!(fleet.most_within(60_000) <= 1000, "{} in a minute", fleet.most_within(60_000));
    assert!(fleet.most_within(1000) <= A_SECOND + AT_ONCE);
    // They began together, and drift apart: 160 would be even.
    assert!(fleet.most_within(10_000) >= 10 * A_SECOND, "at the beginning");
    fleet.writes.retain(|(now, _)| *now >= 900_000);
    assert!(fleet.most_within(10_000) <= 300, "{} in ten seconds", fleet.most_within(10_000));
}

#[test]
fn of_ten_thousand_sessions_verdicts_come_first_and_none_is_forgotten() {
    let mut fleet = Fleet::new(10_000);
    let storm = 500;
    // Now and then one, and once five hundred together.
    fleet.run(900, |now, random| match now {
        600_000 => storm,
        300_000.. if random.u8(..50) == 0 => 1,
        _ => 0,
    });
    assert!(fleet.most_within(1000) <= A_SECOND + AT_ONCE, "{} in a second", fleet.most_within(1000));
    let per_minute = 60 * A_SECOND;
    assert!(fleet.most_within(60_000) <= per_minute + AT_ONCE, "{} in a minute", fleet.most_within(60_000));

    // Numbers wait for their turn, of which there is one in 200 s, and are not held up by more than what verdicts take of it.
    assert!(fleet.sessions.iter().all(|session| session.written.is_some_and(|written| written > 600_000)));
    let (_, most) = fleet.gaps;
    assert!(most <= 260_000, "{most} ms between two writes of a session");

    // Nothing is written beside the storm until it is over.
    assert!(fleet.verdicts.len() > storm + 500, "{}", fleet.verdicts.len());
    fleet.verdicts.sort_unstable();
    let (median, last) = (fleet.verdicts[fleet.verdicts.len() / 2], fleet.verdicts[fleet.verdicts.len() - 1]);
    assert!(last <= 10_000, "the last verdict took {last} ms");
    assert!(median <= 5_000, "{median} ms");
}
