//! Frames whose own report was overtaken by one that repeats it.

use std::collections::VecDeque;

/// Frames that are remembered: two seconds of them at 60 frames per second. What is overtaken by more was lost.
const REMEMBERED: usize = 128;

/// The frames that have their fate from a repetition, and whose own report may still come.
#[derive(Debug, Default)]
pub(crate) struct Overtaken {
    ordinals: VecDeque<u64>,
}

impl Overtaken {
    /// The frame with this ordinal is known from a repetition.
    pub(crate) fn insert(&mut self, ordinal: u64) {
        if self.ordinals.len() == REMEMBERED {
            self.ordinals.pop_front();
        }
        self.ordinals.push_back(ordinal);
    }

    /// The own report of the frame came: whether it is the first, and the frame's fate from a repetition.
    pub(crate) fn remove(&mut self, ordinal: u64) -> bool {
        let place = self.ordinals.iter().rposition(|known| *known == ordinal);
        place.and_then(|place| self.ordinals.remove(place)).is_some()
    }
}
