//! One row for each client: named by its hello, or by its address until then.

use std::collections::BTreeMap;

use report::{ClientRow, SessionId, State, channel::Hello};

use super::row::Row;

/// How many rows of gone clients are kept.
const GONE_KEPT: usize = 16;

/// The key of a row; in the order in which rows came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowId(u64);

/// The rows of connected clients and of those that went last.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: BTreeMap<RowId, Row>,
    opened: u64,
    closed: u64,
}

impl Rows {
    /// A new row for a client whose hello has not come yet.
    pub(crate) fn open(&mut self, address: &str, session: SessionId) -> RowId {
        let taken = |name: &str| self.find(name).is_some();
        let row = Row::new(free_name(address, taken), session);
        let id = RowId(self.opened);
        self.opened += 1;
        self.rows.insert(id, row);
        id
    }

    /// The hello of the client of the row `current` came: its row is that of an earlier session with this name, else its
    /// own under this name. A name whose session is still connected is another client's.
    pub(crate) fn name(&mut self, current: RowId, hello: &Hello) -> RowId {
        let taken =
            |name: &str| self.find(name).is_some_and(|id| id != current && self.rows[&id].is_connected());
        let name = free_name(&hello.id, taken);
        let mut id = current;
        if let Some(known) = self.find(&name)
            && known != current
            && let Some(anonymous) = self.rows.remove(&current)
            && let Some(row) = self.rows.get_mut(&known)
        {
            row.absorb(&anonymous);
            id = known;
        }
        if let Some(row) = self.rows.get_mut(&id) {
            row.name = name;
            row.node.clone_from(&hello.node);
            row.reconnects = hello.reconnects;
        }
        id
    }

    /// The session of a row is over. Rows of clients that went long ago make place.
    pub(crate) fn close(&mut self, id: RowId, state: State) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.state = state;
            row.session = None;
            row.gone = self.closed;
            self.closed += 1;
        }
        while self.rows.values().filter(|row| !row.is_connected()).count() > GONE_KEPT {
            // First those that never got a frame: a port scan must not push out clients with numbers.
            let gone = self.rows.iter().filter(|(_, row)| !row.is_connected());
            let Some((oldest, _)) = gone.min_by_key(|(_, row)| (row.statistics.frames.sent > 0, row.gone))
            else {
                break;
            };
            let oldest = *oldest;
            self.rows.remove(&oldest);
        }
    }

    /// The row, unless its client went long ago.
    pub(crate) fn get_mut(&mut self, id: RowId) -> Option<&mut Row> {
        self.rows.get_mut(&id)
    }

    /// The row, unless its client went long ago.
    pub(crate) fn get(&self, id: RowId) -> Option<&Row> {
        self.rows.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(crate) fn to_wire(&self, frames_per_second: u32) -> Vec<ClientRow> {
        self.iter().map(|row| row.to_wire(frames_per_second)).collect()
    }

    fn find(&self, name: &str) -> Option<RowId> {
        self.rows.iter().find(|(_, row)| row.name == name).map(|(id, _)| *id)
    }
}

/// `name`, or the first of `name (2)`, `name (3)` and so on that is not taken.
fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    let mut number = 1;
    while taken(&free) {
        number += 1;
        free = format!("{name} ({number})");
    }
    free
}
