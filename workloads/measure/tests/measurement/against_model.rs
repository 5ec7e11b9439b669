//! The measurement against a model, under any events in any order.

use std::{collections::BTreeMap, time::Duration};

use ballsession_measure::{Ended, MessageOutcome, SessionId};
use proptest::prelude::*;
use report::{Frames, Gaps, channel::FrameOutcome};

use crate::{
    model::{FPS, INTERVAL, Model, Session},
    run::{Run, sum},
};

/// Of what is recent, in ms: short enough that frames leave it, with and without a fate.
const WINDOW: u64 = 4000;

/// Fewer than the rows that are kept, so that the rows add up to the total.
const SESSIONS: usize = 10;

#[derive(Debug, Clone, Copy)]
enum Action {
    /// Captures a frame, after leaving some out.
    Capture {
        left_out: u64,
    },
    Connect(usize),
    /// Starts counting with a frame captured some frames ago.
    Start {
        session: usize,
        back: u64,
    },
    /// Stops counting with a frame captured some frames ago, or none.
    Stop {
        session: usize,
        back: Option<u64>,
    },
    /// Reports a frame of some frames ago (negative: not captured yet), some ms from now.
    Report {
        session: usize,
        back: i64,
        reported: Option<FrameOutcome>,
    },
    Hello {
        session: usize,
        name: usize,
    },
    Disconnect(usize),
    Garbage(usize),
    ExpireLost,
    Wait {
        milliseconds: u64,
    },
}

fn label(outcome: &MessageOutcome) -> &'static str {
    match outcome {
        MessageOutcome::Hello => "hello",
        MessageOutcome::Matched { .. } => "matched",
        MessageOutcome::Estimated { .. } => "estimated",
        MessageOutcome::Stats => "stats",
        MessageOutcome::Waiting => "waiting",
        MessageOutcome::Uncounted => "uncounted",
        MessageOutcome::Undetected => "undetected",
        MessageOutcome::Undecodable => "undecodable",
        MessageOutcome::Late => "late",
        MessageOutcome::Duplicate => "duplicate",
        MessageOutcome::Malformed(_) => "malformed",
        MessageOutcome::UnknownSession => "unknown",
    }
}

/// The measurement and the model, given the same events.
struct Both {
    run: Run,
    model: Model,
    hellos: BTreeMap<usize, usize>,
}

impl Both {
    fn act(&mut self, action: Action) -> Result<(), TestCaseError> {
        let Self { run, model, hellos } = self;
        let id = |session: usize| SessionId(session as u64);
        match action {
            Action::Capture { left_out } => {
                model.now += INTERVAL * (left_out + 1);
                let frame = model.newest().map_or(0, |newest| newest + 1 + left_out);
                run.capture(frame, model.now);
                model.capture(frame);
            }
            Action::Connect(session) => {
                // An id is never used twice.
                if !model.sessions.contains_key(&session) {
                    run.connect(id(session), model.now);
                    model.sessions.insert(session, Session::default());
                }
            }
            Action::Start { session, back } => {
                let from = model.newest().unwrap_or(0).saturating_sub(back);
                let timestamp = run.timestamp(from);
                run.measurement.start_counting(id(session), timestamp);
                if model.sessions.get(&session).is_some_and(|session| !session.ended) {
                    model.start(session, from);
                }
            }
            Action::Stop { session, back } => {
                let last = back.and_then(|back| model.newest()?.checked_sub(back));
                let timestamp = last.map(|last| run.timestamp(last));
                run.measurement.stop_counting(id(session), timestamp);
                if model.sessions.get(&session).is_some_and(|session| !session.forgotten) {
                    model.stop(session, last);
                }
            }
            Action::Report { session, back, reported } => {
                let frame = model.newest().unwrap_or(0).saturating_add_signed(-back);
                let outcome = match reported {
                    Some(reported) => run.report(id(session), frame, model.now, reported),
                    None => run.see(id(session), frame, model.now),
                };
                let reported = reported.unwrap_or(FrameOutcome::Position { x: 0.0, y: 0.0, confidence: 1.0 });
                prop_assert_eq!(label(&outcome), model.report(session, frame, reported), "frame {}", frame);
            }
            Action::Hello { session, name } => {
                let outcome = run.hello(id(session), &format!("client-{name}"), 0);
                if let Some(known) = model.sessions.get_mut(&session).filter(|session| !session.forgotten)
                    && *hellos.entry(session).or_insert(name) != name
                {
                    known.malformed += 1;
                    prop_assert_eq!(label(&outcome), "malformed");
                }
            }
            Action::Disconnect(session) => {
                let now = run.at(model.now);
                run.measurement.disconnect(id(session), Ended::Lost, now);
                if let Some(session) = model.sessions.get_mut(&session) {
                    session.ended = true;
                    session.stopped = true;
                }
            }
            Action::Garbage(session) => {
                let at = run.at(model.now);
                run.measurement.message(id(session), at, b"{\"ts\":");
                if let Some(session) = model.sessions.get_mut(&session).filter(|session| !session.forgotten) {
                    session.malformed += 1;
                }
            }
            Action::ExpireLost => {
                run.expire_lost(model.now);
                model.expire_lost();
            }
            Action::Wait { milliseconds } => model.now += milliseconds,
        }
        Ok(())
    }

    /// Compares every counter of total and rows. The sums are checked by the summary itself.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        let summary = self.run.summary(self.model.now);
        let mut by_name: BTreeMap<String, Frames> = BTreeMap::new();
        let mut total = Frames::default();
        let mut connected = Vec::new();
        for (id, session) in &mut self.model.sessions {
            if let Some(name) = self.run.measurement.client(SessionId(*id as u64)) {
                session.name = name.to_owned();
            }
            *by_name.entry(session.name.clone()).or_default() += session.counts();
            total += session.counts();
            connected.extend((!session.ended).then(|| session.name.clone()));
        }
        let rows: BTreeMap<String, Frames> =
            summary.clients.iter().map(|row| (row.id.clone(), row.frames)).collect();
        prop_assert_eq!(rows.len(), summary.clients.len(), "two rows have one name");
        prop_assert_eq!(summary.frames, total);
        // A slice is a twentieth of the window, which ends with the last one of which every fate is known.
        let slice = |milliseconds: u64| milliseconds / (WINDOW / 20);
        let end = slice(self.model.settled_until);
        let is_recent = |frame| (end.saturating_sub(20)..end).contains(&slice(self.model.captured[&frame]));
        let mut recent = Frames::default();
        self.model.sessions.values().for_each(|session| recent += session.counts_of(is_recent));
        // Messages without a frame belong to the moment they came, which the model does not keep.
        recent.duplicate = summary.recent.frames.duplicate;
        recent.malformed = summary.recent.frames.malformed;
        prop_assert_eq!(summary.recent.frames, recent);
        prop_assert_eq!(sum(&summary.clients), total);
        prop_assert_eq!(rows, by_name);
        connected.sort();
        let sessions = connected.len();
        connected.dedup();
        prop_assert_eq!(connected.len(), sessions, "two connected clients share a row");
        Ok(())
    }
}

fn never_less(before: &Frames, after: &Frames) -> bool {
    let settled = |frames: &Frames| {
        [frames.matched, frames.lost, frames.late, frames.undecodable, frames.undetected, frames.duplicate]
    };
    settled(before).iter().zip(settled(after)).all(|(before, after)| *before <= after)
}

fn frame_outcome() -> impl Strategy<Value = Option<FrameOutcome>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(FrameOutcome::Undetected)),
        1 => Just(Some(FrameOutcome::Undecodable)),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let session = 0..SESSIONS;
    prop_oneof![
        30 => prop_oneof![9 => Just(0u64), 1 => 0..5u64].prop_map(|left_out| Action::Capture { left_out }),
        4 => session.clone().prop_map(Action::Connect),
        6 => (session.clone(), 0..4u64).prop_map(|(session, back)| Action::Start { session, back }),
        1 => (session.clone(), prop::option::weighted(0.8, 0..4u64))
            .prop_map(|(session, back)| Action::Stop { session, back }),
        40 => (session.clone(), prop_oneof![8 => 0..4i64, 2 => -1..40i64, 1 => 0..200i64], frame_outcome())
            .prop_map(|(session, back, reported)| Action::Report { session, back, reported }),
        3 => (session.clone(), 0..3usize).prop_map(|(session, name)| Action::Hello { session, name }),
        1 => session.clone().prop_map(Action::Disconnect),
        1 => session.prop_map(Action::Garbage),
        5 => Just(Action::ExpireLost),
        5 => prop_oneof![4 => 0..50u64, 1 => 900..3200u64, 1 => 9_000..12_000u64]
            .prop_map(|milliseconds| Action::Wait { milliseconds }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_counter_is_that_of_the_model(
        actions in prop::collection::vec(action(), 1..250),
        first_timestamp in prop_oneof![Just(3000u32), Just(u32::MAX - 90_000), any::<u32>()],
    ) {
        let run = Run::with_window(FPS as u32, first_timestamp, Duration::from_millis(WINDOW));
        let mut both = Both { run, model: Model::default(), hellos: BTreeMap::new() };
        let mut before = Frames::default();
        for session in 0..3 {
            both.act(Action::Connect(session))?;
            both.act(Action::Start { session, back: 0 })?;
        }
        for action in actions {
            both.act(action)?;
            both.compare()?;
            let after = both.run.summary(both.model.now).frames;
            prop_assert!(never_less(&before, &after), "a fate changed: {before:?} to {after:?}");
            before = after;
        }
        // The end: nothing is pending any more, and every place is final.
        let now = both.model.now + 20_000;
        both.model.now = now;
        both.model.give_up(0);
        both.model.settled_until = now + 250;
        both.run.finish(now);
        both.compare()?;
        let (mut steps, mut count, mut longest) = (0, 0, 0);
        for session in both.model.sessions.values() {
            let of_session = session.freezes();
            steps += of_session.0;
            count += of_session.1;
            longest = longest.max(of_session.2);
        }
        let milliseconds = report::significant((longest.saturating_sub(1) * INTERVAL) as f64);
        let expected = (steps > 0).then_some(Gaps { count, longest_milliseconds: milliseconds });
        prop_assert_eq!(both.run.summary(now).gaps, expected);
    }
}
