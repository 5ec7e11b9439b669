//! Every count, entered at once wherever it belongs: the client's row, the total, and the window.

use std::time::Instant;

use crate::{
    rows::{RowId, Rows},
    tally::{Entry, Fate, SetupTally, Tally},
    window::Window,
};

/// All sums. The total is kept beside the rows, because rows of gone clients are forgotten.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) rows: Rows,
    pub(crate) total: Tally<u64>,
    pub(crate) window: Window,
    pub(crate) setup: SetupTally,
}

impl Books {
    /// Enters what happened to one frame or message of a client. `moment` is when the frame was captured, for all
    /// entries of a frame the same; a message without a frame belongs to the moment it came.
    pub(crate) fn enter(&mut self, row: RowId, moment: Instant, entry: Entry) {
        if let Some(row) = self.rows.get_mut(row) {
            row.tally.enter(entry);
            if let Entry::Settled(Fate::Aligned { error }) = entry {
                row.tally.add_error(error);
            }
        }
        self.total.enter(entry);
        if let Some(slice) = self.window.slice(moment) {
            slice.enter(entry);
        }
    }
}
