//! One row for each client: named by its hello, or by its address until then.

use std::{collections::BTreeMap, time::Instant};

use picture::Point;
use report::{ClientRow, Pairing, SessionId, SetupTimeline, State, channel::Hello, significant};

use crate::tally::Tally;

/// How many rows of gone clients are kept.
const GONE_KEPT: usize = 16;

/// The key of a row; in the order in which rows came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowId(u64);

/// One client, over all its sessions.
///
/// A connected client takes 8 kB as a rule and 30 kB at worst (measured with 1000 of them, its session included),
/// nearly all of it in two histograms of 2 significant digits and 4-byte counters.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) node: Option<String>,
    pub(crate) reconnects: u32,
    pub(crate) state: State,
    pub(crate) setup: SetupTimeline,
    pub(crate) pairing: Pairing,
    /// As [`ClientRow::pairing_milliseconds`].
    pub(crate) pairing_milliseconds: Option<f64>,
    pub(crate) tally: Tally<u32>,
    pub(crate) last: Option<Position>,
    /// The session that is connected, if any.
    session: Option<SessionId>,
    /// When the client went, in the order of leaving.
    gone: u64,
}

/// The newest frame for which a position was reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) ordinal: u64,
    pub(crate) at: Instant,
    pub(crate) reported: Point,
    pub(crate) truth: Point,
    pub(crate) error: f64,
}

impl Row {
    pub(crate) fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Keeps `position` unless one of a later frame is there.
    pub(crate) fn located(&mut self, position: Position) {
        if self.last.is_none_or(|last| last.ordinal <= position.ordinal) {
            self.last = Some(position);
        }
    }

    /// Takes over what `other`, the row that this client had until its hello, has seen so far.
    fn absorb(&mut self, other: &Self) {
        self.state = other.state;
        self.setup = other.setup;
        self.pairing = other.pairing;
        self.pairing_milliseconds = other.pairing_milliseconds;
        self.tally.merge(&other.tally);
        if let Some(position) = other.last {
            self.located(position);
        }
    }

    fn to_wire(&self, frames_per_second: u32) -> ClientRow {
        ClientRow {
            id: self.name.clone(),
            node: self.node.clone(),
            state: self.state,
            pairing: self.pairing,
            pairing_milliseconds: self.pairing_milliseconds.map(significant),
            reconnects: self.reconnects,
            setup_milliseconds: self.setup,
            frames: self.tally.frames,
            // What was lost before the client's first word, if that took long, says nothing about the rest.
            loss_percent: self.tally.loss_percent().filter(|_| self.pairing != Pairing::Arrival),
            error_pixels: self.tally.error_pixels(),
            latency_milliseconds: self.tally.latency_milliseconds(),
            freezes: self.tally.freezes(frames_per_second),
        }
    }
}

/// The rows of connected clients and of those that went last.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: BTreeMap<RowId, Row>,
    opened: u64,
    closed: u64,
}

impl Rows {
    /// A new row for a client that has not said its name yet.
    pub(crate) fn open(&mut self, address: &str, session: SessionId) -> RowId {
        let taken = |name: &str| self.find(name).is_some();
        let row = Row {
            name: free_name(address, taken),
            node: None,
            reconnects: 0,
            state: State::Connecting,
            setup: SetupTimeline::default(),
            pairing: Pairing::Rtp,
            pairing_milliseconds: None,
            tally: Tally::new(2),
            last: None,
            session: Some(session),
            gone: 0,
        };
        let id = RowId(self.opened);
        self.opened += 1;
        self.rows.insert(id, row);
        id
    }

    /// The client of the row `current` said its name: its row is that of an earlier session with this name, else its
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
            row.session = anonymous.session;
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
            let Some((oldest, _)) = gone.min_by_key(|(_, row)| (row.tally.frames.sent > 0, row.gone)) else {
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
