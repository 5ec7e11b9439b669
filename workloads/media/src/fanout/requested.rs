//! Which packets a peer has asked for again.

/// Tells requests for different packets from repeated ones, among the newest packets.
#[derive(Debug)]
pub(super) struct Requested {
    /// By position modulo the length: the position of a packet that was asked for, plus one. Empty until the first.
    slots: Vec<u64>,
    len: usize,
}

impl Requested {
    /// For the newest `len` packets, at least one.
    pub(super) fn new(len: u16) -> Self {
        Self { slots: Vec::new(), len: usize::from(len.max(1)) }
    }

    /// The packet at `position`, counted from the first one sent, is asked for; whether that is the first time. A
    /// packet too old to tell counts as asked for before.
    pub(super) fn insert(&mut self, position: u64) -> bool {
        if self.slots.is_empty() {
            self.slots.resize(self.len, 0);
        }
        let index = (position % self.len as u64) as usize;
        let slot = &mut self.slots[index];
        let is_first = *slot <= position;
        *slot = (*slot).max(position + 1);
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_is_new_once() {
        let mut requested = Requested::new(4);
        assert_eq!(
            [0, 1, 0, 1, 5].map(|position| requested.insert(position)),
            [true, true, false, false, true]
        );
        assert!(!requested.insert(1), "its place is taken by a newer one");
        assert!(requested.insert(9));
    }
}
