//! One row for each client: named by its hello, or by its address until then.

use std::net::SocketAddr;

use report::{SessionId, channel::Hello};

use super::row::{Opening, Row};

/// How many rows of gone clients are kept, besides those that are to be there.
const GONE_KEPT: usize = 16;

/// The key of a row; in the order in which rows came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowId(u64);

#[cfg(test)]
impl RowId {
    /// Any row, for tests.
    pub(crate) fn of_test(number: u64) -> Self {
        Self(number)
    }
}

/// What a hello comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Introduced {
    /// The row of the client.
    pub(crate) row: RowId,
    /// A session that is to be closed, because another process has its place.
    pub(crate) superseded: Option<SessionId>,
}

/// The rows of connected clients, of those that are to be there and of the others that went last.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By ascending ids. Each is a kilobyte and more, and found for every report.
    rows: Vec<(RowId, Box<Row>)>,
    opened: u64,
    closed: u64,
    omitted: u64,
}

impl Rows {
    /// A new row for a client whose hello has not come yet.
    pub(crate) fn open(&mut self, address: &str, opening: Opening) -> RowId {
        let taken = |name: &str| self.find(name).is_some();
        let row = Row::new(free_name(address, taken), opening);
        let id = RowId(self.opened);
        self.opened += 1;
        self.rows.push((id, Box::new(row)));
        id
    }

    /// The hello of the client of the row `current` came: its row is that of an earlier session with this name, else its
    /// own under this name. A name whose session is still connected is another client's, unless it is the same process
    /// that comes back, or a later one under the same name: that takes the row over.
    pub(crate) fn introduce(&mut self, current: RowId, hello: &Hello) -> Introduced {
        let known = self.find(&hello.id).filter(|known| *known != current);
        let holder = known.and_then(|known| self.get(known)).filter(|row| row.is_connected());
        let mut superseded = None;
        if let Some(holder) = holder {
            superseded = match Claim::of(holder, hello) {
                Claim::TakesOver => holder.session,
                Claim::IsOutdated => self.get(current).and_then(|row| row.session),
                Claim::IsAnother => None,
            };
        }
        let takes_over = superseded.is_some() && superseded == holder.and_then(|holder| holder.session);
        let taken = |name: &str| {
            let other = self.find(name).filter(|id| *id != current && !(takes_over && known == Some(*id)));
            other.and_then(|id| self.get(id)).is_some_and(Row::is_connected)
        };
        let name = free_name(&hello.id, taken);
        let mut id = current;
        if let Some(known) = self.find(&name)
            && known != current
            && let Some(anonymous) = self.remove(current)
            && let Some(row) = self.get_mut(known)
        {
            let is_same = hello.instance.is_none() || hello.instance == row.instance;
            row.absorb(&anonymous, is_same);
            id = known;
        }
        // Where rows were left out it may be one of those.
        let comes_from_elsewhere = hello.reconnects > 0 && self.omitted == 0;
        if let Some(row) = self.get_mut(id) {
            row.comes_from_elsewhere |= id == current && comes_from_elsewhere;
            row.introduce(name, hello);
        }
        Introduced { row: id, superseded }
    }

    /// The row of a session that is over is put in the order of leaving. Rows of clients that went long ago make place,
    /// unless they are `kept`; answers with them.
    pub(crate) fn close(&mut self, id: RowId, kept: impl Fn(&Row) -> bool) -> Vec<Row> {
        let closed = self.closed;
        if let Some(row) = self.get_mut(id) {
            row.gone = closed;
            self.closed += 1;
        }
        let gone = self.rows.iter().filter(|(_, row)| !row.is_connected() && !kept(row));
        // First those that never got a frame: a port scan must not push out clients with numbers.
        let mut gone: Vec<_> =
            gone.map(|(id, row)| (row.statistics.frames.sent > 0, row.gone, *id)).collect();
        gone.sort_unstable();
        let surplus = gone.len().saturating_sub(GONE_KEPT);
        let mut removed = Vec::new();
        for (had_frames, _, id) in gone.into_iter().take(surplus) {
            removed.extend(self.remove(id));
            self.omitted += u64::from(had_frames);
        }
        removed
    }

    /// Removes the row of an attempt of a client that comes back and has not said its name: it gets another row.
    pub(crate) fn forget_nameless(&mut self, id: RowId) {
        let is_nameless = |row: &Row| {
            !row.is_connected() && row.instance.is_none() && row.name.parse::<SocketAddr>().is_ok()
        };
        if self.get(id).is_some_and(is_nameless) {
            self.remove(id);
        }
    }

    /// Clients with frames whose rows have made place.
    pub(crate) fn omitted(&self) -> u64 {
        self.omitted
    }

    /// The row, unless its client went long ago.
    pub(crate) fn get_mut(&mut self, id: RowId) -> Option<&mut Row> {
        let place = self.place(id)?;
        self.rows.get_mut(place).map(|(_, row)| &mut **row)
    }

    /// The row, unless its client went long ago.
    pub(crate) fn get(&self, id: RowId) -> Option<&Row> {
        self.rows.get(self.place(id)?).map(|(_, row)| &**row)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(|(_, row)| &**row)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (RowId, &mut Row)> {
        self.rows.iter_mut().map(|(id, row)| (*id, &mut **row))
    }

    fn place(&self, id: RowId) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |(other, _)| *other).ok()
    }

    fn remove(&mut self, id: RowId) -> Option<Row> {
        self.place(id).map(|place| *self.rows.remove(place).1)
    }

    fn find(&self, name: &str) -> Option<RowId> {
        self.rows.iter().find(|(_, row)| row.name == name).map(|(id, _)| *id)
    }
}

/// What a client that comes with the name of one that is connected is to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The same process, or a later one.
    TakesOver,
    /// An earlier process, which is not to be there any more.
    IsOutdated,
    /// Another client of the same name.
    IsAnother,
}

impl Claim {
    fn of(holder: &Row, hello: &Hello) -> Self {
        if let (Some(held), Some(attempt)) = (holder.attempt, hello.attempt)
            && held != attempt
        {
            return if attempt > held { Self::TakesOver } else { Self::IsOutdated };
        }
        let is_back = match (&holder.instance, &hello.instance) {
            (Some(held), Some(instance)) => held == instance,
            _ => hello.reconnects > 0,
        };
        if is_back { Self::TakesOver } else { Self::IsAnother }
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
