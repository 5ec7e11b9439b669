//! The packets that wait for a frame to become whole, in sequence order, with the gaps between them.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

/// A packet without its headers.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) timestamp: u32,
    /// Whether the sender marked it as the last of its frame.
    pub(super) marker: bool,
    pub(super) starts_frame: bool,
    /// Empty for padding.
    pub(super) data: Bytes,
}

/// A packet that was skipped over by a later one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    /// When the later one came.
    pub(super) since: Instant,
    /// When to request it, next.
    pub(super) request_at: Instant,
    /// Whether it was requested.
    pub(super) requested: bool,
}

#[derive(Debug)]
enum Slot {
    Missing(Gap),
    Present(Piece),
}

/// What stands at the front of the window.
#[derive(Debug)]
pub(super) enum Front {
    Nothing,
    Missing(Gap),
    /// No frame starts here: padding, or what is left of a frame whose start was given up.
    Stray {
        padding: bool,
    },
    /// A frame of which no end was seen yet, and nothing is known to be missing.
    Open,
    /// A frame with a gap; `len` slots reach up to the gap and include it.
    Broken {
        gap: Gap,
        len: usize,
    },
    /// A whole frame of `len` slots.
    Whole {
        len: usize,
    },
}

/// Where a sequence number lies relative to the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the window or following it.
    Inside(usize),
    /// That many before it.
    Before(usize),
    /// Too far away to belong to the same run of packets.
    Elsewhere,
}

/// Consecutive sequence numbers from `front` on. The last slot is never a gap.
#[derive(Debug)]
pub(super) struct Window {
    front: u16,
    slots: VecDeque<Slot>,
    max_len: usize,
    /// Bytes of data in all slots.
    bytes: usize,
    gaps: usize,
    /// Packets that came after they were requested.
    repaired: u64,
    /// So many slots at the front are known to belong to one frame without an end.
    scanned: usize,
}

impl Window {
    pub(super) fn new(front: u16, max_len: usize) -> Self {
        Self { front, slots: VecDeque::new(), max_len, bytes: 0, gaps: 0, repaired: 0, scanned: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn repaired(&self) -> u64 {
        self.repaired
    }

    /// How many gaps there are.
    pub(super) fn missing(&self) -> usize {
        self.gaps
    }

    pub(super) fn place(&self, sequence_number: u16) -> Place {
        let ahead = usize::from(sequence_number.wrapping_sub(self.front));
        let behind = usize::from(self.front.wrapping_sub(sequence_number));
        if ahead < self.max_len {
            Place::Inside(ahead)
        } else if behind <= self.max_len {
            Place::Before(behind)
        } else {
            Place::Elsewhere
        }
    }

    /// Puts a piece `index` slots after the front; what it skips over becomes gaps. A duplicate is ignored.
    pub(super) fn insert(&mut self, index: usize, piece: Piece, gap: Gap) {
        while self.slots.len() <= index {
            self.slots.push_back(Slot::Missing(gap));
            self.gaps += 1;
        }
        let slot = &mut self.slots[index];
        if let Slot::Missing(gap) = slot {
            self.repaired += u64::from(gap.requested);
            self.bytes += piece.data.len();
            self.gaps -= 1;
            *slot = Slot::Present(piece);
        }
    }

    /// Puts a piece `count` slots before the front, if there is room; what lies between becomes gaps.
    pub(super) fn insert_before(&mut self, count: usize, piece: Piece, gap: Gap) {
        if self.slots.len() + count > self.max_len {
            return;
        }
        for _ in 0..count {
            self.slots.push_front(Slot::Missing(gap));
            self.front = self.front.wrapping_sub(1);
        }
        self.gaps += count;
        self.scanned = 0;
        self.insert(0, piece, gap);
    }

    /// The piece at the front, if a frame starts with it.
    pub(super) fn first_of_frame(&self) -> Option<&Piece> {
        match self.slots.front() {
            Some(Slot::Present(piece)) if piece.starts_frame => Some(piece),
            _ => None,
        }
    }

    pub(super) fn front(&mut self) -> Front {
        let timestamp = match self.slots.front() {
            None => return Front::Nothing,
            Some(Slot::Missing(gap)) => return Front::Missing(*gap),
            Some(Slot::Present(piece)) if !piece.starts_frame => {
                return Front::Stray { padding: piece.data.is_empty() };
            }
            Some(Slot::Present(piece)) => piece.timestamp,
        };
        while let Some(slot) = self.slots.get(self.scanned) {
            match slot {
                Slot::Missing(gap) => {
                    return Front::Broken { gap: *gap, len: self.scanned + 1 };
                }
                Slot::Present(piece) if piece.data.is_empty() => {}
                // A sender that sets no marker still ends its frame by starting another.
                Slot::Present(piece) if piece.timestamp != timestamp => {
                    return Front::Whole { len: self.scanned };
                }
                Slot::Present(piece) if piece.marker => {
                    return Front::Whole { len: self.scanned + 1 };
                }
                Slot::Present(_) => {}
            }
            self.scanned += 1;
        }
        Front::Open
    }

    /// Drops `len` slots from the front.
    pub(super) fn discard(&mut self, len: usize) {
        for _ in 0..len {
            self.pop();
        }
    }

    /// Takes `len` slots from the front as one piece of data. A frame of one packet is not copied.
    pub(super) fn take(&mut self, len: usize) -> Bytes {
        if len == 1 {
            return self.pop().unwrap_or_default();
        }
        let total = self.slots.iter().take(len).map(Slot::bytes).sum();
        let mut whole = BytesMut::with_capacity(total);
        for _ in 0..len {
            whole.extend_from_slice(&self.pop().unwrap_or_default());
        }
        whole.freeze()
    }

    /// Drops everything and goes on behind it.
    pub(super) fn clear(&mut self) {
        self.discard(self.slots.len());
    }

    /// The first gap in sequence order: the one that holds up everything behind it.
    pub(super) fn first_gap(&self) -> Option<Gap> {
        self.gaps().next()
    }

    /// When to request the next missing packet.
    pub(super) fn next_request(&self) -> Option<Instant> {
        self.gaps().map(|gap| gap.request_at).min()
    }

    /// Sequence numbers of the packets that it is time to request, at most `limit`; `next_at` is noted in each.
    pub(super) fn request_missing(&mut self, now: Instant, next_at: Instant, limit: usize) -> Vec<u16> {
        let mut due = Vec::new();
        let mut sequence_number = self.front;
        for slot in &mut self.slots {
            if let Slot::Missing(gap) = slot
                && gap.request_at <= now
                && due.len() < limit
            {
                gap.request_at = next_at;
                gap.requested = true;
                due.push(sequence_number);
            }
            sequence_number = sequence_number.wrapping_add(1);
        }
        due
    }

    fn gaps(&self) -> impl Iterator<Item = Gap> {
        let slots = if self.gaps == 0 { 0 } else { self.slots.len() };
        self.slots.iter().take(slots).filter_map(|slot| match slot {
            Slot::Missing(gap) => Some(*gap),
            Slot::Present(_) => None,
        })
    }

    fn pop(&mut self) -> Option<Bytes> {
        let slot = self.slots.pop_front()?;
        self.front = self.front.wrapping_add(1);
        self.scanned = 0;
        self.bytes -= slot.bytes();
        match slot {
            Slot::Missing(_) => {
                self.gaps -= 1;
                None
            }
            Slot::Present(piece) => Some(piece.data),
        }
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        match self {
            Slot::Missing(_) => 0,
            Slot::Present(piece) => piece.data.len(),
        }
    }
}
