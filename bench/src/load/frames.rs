//! Separates complete frames from those with a packet missing.

/// Follows the sequence numbers of one stream. Order is that of arrival: on one machine nothing overtakes.
#[derive(Debug, Default)]
pub(crate) struct FrameTracker {
    next: Option<u16>,
    broken: bool,
}

/// What a packet does to its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More packets follow.
    Going,
    /// It is the last one, and none is missing.
    Complete,
    /// It is the last one, and some are missing.
    Incomplete,
}

impl FrameTracker {
    /// Takes the next packet. Where packets are missing, the frame of the one behind them counts as incomplete: which
    /// frames the missing ones were of is unknown.
    pub(crate) fn take(&mut self, sequence_number: u16, marker: bool) -> Step {
        self.broken |= self.next.is_some_and(|next| next != sequence_number);
        self.next = Some(sequence_number.wrapping_add(1));
        match (marker, self.broken) {
            (false, _) => Step::Going,
            (true, broken) => {
                self.broken = false;
                if broken { Step::Incomplete } else { Step::Complete }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_spoils_its_frame_and_not_the_next_one() {
        let mut frames = FrameTracker::default();
        assert_eq!(frames.take(65_534, false), Step::Going);
        assert_eq!(frames.take(65_535, true), Step::Complete);
        assert_eq!(frames.take(0, true), Step::Complete, "numbers wrap");
        assert_eq!(frames.take(2, false), Step::Going);
        assert_eq!(frames.take(3, true), Step::Incomplete);
        assert_eq!(frames.take(4, true), Step::Complete);
    }
}
