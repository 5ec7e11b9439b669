//! What the counters must be: a model that keeps every frame of every session, and knows nothing of rings, slices or
//! ordinals.

use std::collections::BTreeMap;

use report::{Frames, channel::FrameOutcome};

pub(super) const FPS: u64 = 10;
pub(super) const INTERVAL: u64 = 1000 / FPS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Pending,
    Withdrawn,
    Matched,
    Lost,
    Late,
    Undecodable,
    Undetected,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    /// Frame -> fate and whether it was decoded.
    pub(super) frames: BTreeMap<u64, (Fate, bool)>,
    pub(super) from: Option<u64>,
    pub(super) until: Option<u64>,
    pub(super) stopped: bool,
    pub(super) ended: bool,
    pub(super) forgotten: bool,
    pub(super) duplicate: u64,
    pub(super) malformed: u64,
    pub(super) name: String,
}

/// What must be, in ms and frames.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) now: u64,
    pub(super) captured: BTreeMap<u64, u64>,
    pub(super) oldest_held: u64,
    /// Every fate before is known.
    pub(super) settled_until: u64,
    pub(super) sessions: BTreeMap<usize, Session>,
}

impl Model {
    pub(super) fn newest(&self) -> Option<u64> {
        self.captured.keys().next_back().copied()
    }

    pub(super) fn give_up(&mut self, age_above: u64) {
        for session in self.sessions.values_mut() {
            for (frame, (fate, _)) in &mut session.frames {
                if *fate == Fate::Pending && self.now - self.captured[frame] > age_above {
                    *fate = Fate::Lost;
                }
            }
        }
    }

    pub(super) fn capture(&mut self, frame: u64) {
        self.give_up(10_000);
        self.captured.insert(frame, self.now);
        self.oldest_held =
            self.captured.iter().find(|(_, at)| self.now - **at <= 10_000).map_or(0, |(frame, _)| *frame);
        for session in self.sessions.values_mut() {
            if session.from.is_some_and(|from| from <= frame) && !session.stopped {
                session.frames.insert(frame, (Fate::Pending, false));
            }
        }
    }

    pub(super) fn start(&mut self, id: usize, from: u64) {
        let held: Vec<u64> =
            self.captured.range(from.max(self.oldest_held)..).map(|(frame, _)| *frame).collect();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.from.is_none() && !session.stopped {
            session.from = Some(from);
            session.frames = held.into_iter().map(|frame| (frame, (Fate::Pending, false))).collect();
        }
    }

    pub(super) fn stop(&mut self, id: usize, last: Option<u64>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.stopped = true;
        // Frame numbers are one higher here, so that 0 is before all of them.
        let until = last.map_or(0, |last| last + 1);
        session.until = Some(session.until.map_or(until, |earlier| earlier.min(until)));
        for (frame, (fate, _)) in &mut session.frames {
            if *fate == Fate::Pending && frame + 1 > until {
                *fate = Fate::Withdrawn;
            }
        }
    }

    pub(super) fn report(&mut self, id: usize, frame: u64, reported: FrameOutcome) -> &'static str {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.forgotten) else {
            return "unknown";
        };
        let counted = session.frames.contains_key(&frame)
            // What is not held any more cannot be distinguished from a frame that the pacing left out.
            || (frame < self.oldest_held && !session.frames.is_empty() && session.from.is_some_and(|from| from <= frame));
        if !counted || session.until.is_some_and(|until| frame + 1 > until) {
            session.malformed += 1;
            return "malformed";
        }
        let Some((fate, decoded)) = session.frames.get_mut(&frame).filter(|(fate, _)| *fate == Fate::Pending)
        else {
            session.duplicate += 1;
            return "duplicate";
        };
        *decoded = reported != FrameOutcome::Undecodable;
        let outcome;
        (*fate, outcome) = match (self.now - self.captured[&frame], reported) {
            (0..=1000, FrameOutcome::Position { .. }) => (Fate::Matched, "matched"),
            (0..=1000, FrameOutcome::Undetected) => (Fate::Undetected, "undetected"),
            (0..=1000, FrameOutcome::Undecodable) => (Fate::Undecodable, "undecodable"),
            (1001..=3000, _) => (Fate::Late, "late"),
            _ => {
                *decoded = false;
                session.duplicate += 1;
                (Fate::Lost, "duplicate")
            }
        };
        outcome
    }

    pub(super) fn expire_lost(&mut self) {
        self.give_up(3000);
        self.settled_until = self.settled_until.max(self.now.saturating_sub(3000));
        for session in self.sessions.values_mut() {
            session.forgotten |=
                session.ended && session.frames.values().all(|(fate, _)| *fate != Fate::Pending);
        }
    }
}

impl Session {
    pub(super) fn counts(&self) -> Frames {
        self.counts_of(|_| true)
    }

    pub(super) fn counts_of(&self, chosen: impl Fn(u64) -> bool) -> Frames {
        let chosen: Vec<Fate> =
            self.frames.iter().filter(|(frame, _)| chosen(**frame)).map(|(_, (fate, _))| *fate).collect();
        let of = |wanted| chosen.iter().filter(|fate| **fate == wanted).count() as u64;
        Frames {
            sent: chosen.len() as u64 - of(Fate::Withdrawn),
            pending: of(Fate::Pending),
            matched: of(Fate::Matched),
            estimated: 0,
            lost: of(Fate::Lost),
            late: of(Fate::Late),
            undecodable: of(Fate::Undecodable),
            undetected: of(Fate::Undetected),
            duplicate: self.duplicate,
            malformed: self.malformed,
        }
    }

    /// Steps, freezes and the longest step in intervals, straight from their definition.
    pub(super) fn freezes(&self) -> (usize, u64, u64) {
        let decoded: Vec<u64> =
            self.frames.iter().filter(|(_, (_, decoded))| *decoded).map(|(frame, _)| *frame).collect();
        let steps: Vec<u64> = decoded.windows(2).map(|pair| (pair[1] - pair[0]) * INTERVAL).collect();
        let freezes = (0..steps.len()).filter(|index| {
            let last = &steps[index.saturating_sub(30)..*index];
            let (sum, number) =
                if last.is_empty() { (INTERVAL, 1) } else { (last.iter().sum(), last.len() as u64) };
            steps[*index] * number >= (3 * sum).max(sum + 150 * number)
        });
        (steps.len(), freezes.count() as u64, steps.iter().max().map_or(0, |longest| longest / INTERVAL))
    }
}
