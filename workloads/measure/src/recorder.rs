//! Records every entry wherever it counts.

use std::time::{Duration, Instant};

use crate::{
    clients::{RowId, Rows},
    statistics::{Entry, Fate, FrameStatistics, SetupStatistics, Window},
};

/// All statistics: of each client, of all, and of the last while. The total is kept beside the rows, because rows of gone
/// clients are forgotten.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) rows: Rows,
    pub(crate) total: FrameStatistics<u64>,
    pub(crate) window: Window,
    pub(crate) setup: SetupStatistics,
}

impl Recorder {
    /// Nothing recorded; the window has this length.
    pub(crate) fn new(started: Instant, window: Duration) -> Self {
        Self {
            rows: Rows::default(),
            total: FrameStatistics::new(3),
            window: Window::new(started, window),
            setup: SetupStatistics::new(),
        }
    }

    /// Records what happened to one frame or message of a client. `moment` is when the frame was captured, for all
    /// entries of a frame the same; a message without a frame belongs to the moment at which it came.
    pub(crate) fn record(&mut self, row: RowId, moment: Instant, entry: Entry) {
        if let Some(row) = self.rows.get_mut(row) {
            row.statistics.record(entry);
            if let Entry::Settled(Fate::Aligned { error }) = entry {
                row.statistics.add_error(error);
            }
        }
        self.total.record(entry);
        if let Some(slice) = self.window.slice(moment) {
            slice.record(entry);
        }
    }
}
