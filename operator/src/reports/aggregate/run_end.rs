//! The end of a run: it awaits the server's last report, then that its numbers are stored. A pure state machine that
//! knows of reports only when they came and how many clients were connected.

use std::time::{Duration, Instant};

/// How long the server's last report is awaited.
const LAST_REPORT: Duration = Duration::from_secs(10);
/// How long a later one is awaited than one from before the end that already says that no client is connected.
const LATER_REPORT: Duration = Duration::from_secs(2);
/// How often the API server may refuse the last numbers, before the run ends without them.
const MOST_REFUSALS: u8 = 5;

/// The end of a run.
#[derive(Debug)]
pub(super) struct RunEnd {
    since: Instant,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    AwaitLastReport,
    WriteLastNumbers { refusals: u8 },
    Ended,
}

/// What matters of a server's newest report.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewestReport {
    pub(super) received: Instant,
    pub(super) connected_clients: u32,
}

impl RunEnd {
    /// Of a run that was over at `since`.
    pub(super) fn new(since: Instant) -> Self {
        Self { since, stage: Stage::AwaitLastReport }
    }

    /// Whether the last report has just come, or was awaited for long enough.
    pub(super) fn await_last_report(&mut self, newest: Option<NewestReport>, now: Instant) -> bool {
        if self.stage != Stage::AwaitLastReport {
            return false;
        }
        let waited = now.saturating_duration_since(self.since);
        let is_last = newest.is_some_and(|newest| {
            // The server says so at once when the last client leaves: most often before its pod is seen to be done.
            newest.connected_clients == 0 && (newest.received >= self.since || waited >= LATER_REPORT)
        });
        if !is_last && waited < LAST_REPORT {
            return false;
        }
        self.stage = Stage::WriteLastNumbers { refusals: 0 };
        true
    }

    /// Whether the numbers are the last ones of the run.
    pub(super) fn has_last_numbers(&self) -> bool {
        self.stage != Stage::AwaitLastReport
    }

    /// Whether the last numbers are stored, or are never going to be.
    pub(super) fn is_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// The last numbers are stored. Whether the run has just ended with it.
    pub(super) fn stored(&mut self) -> bool {
        let ends = matches!(self.stage, Stage::WriteLastNumbers { .. });
        if ends {
            self.stage = Stage::Ended;
        }
        ends
    }

    /// The API server refuses the last numbers. Whether the run has ended: one that cannot show them is over all the same.
    pub(super) fn refused(&mut self) -> bool {
        if let Stage::WriteLastNumbers { refusals } = self.stage {
            let refusals = refusals + 1;
            self.stage =
                if refusals < MOST_REFUSALS { Stage::WriteLastNumbers { refusals } } else { Stage::Ended };
        }
        self.is_ended()
    }
}
