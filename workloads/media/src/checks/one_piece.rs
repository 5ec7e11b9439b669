//! How large a packet the system sends in one piece: what is larger leaves in fragments, and does not vanish for its size.
//!
//! It is what the interface takes, or less where the system was told of a smaller path by a router, and it can be asked by a
//! datagram that must not be fragmented. The largest packet of the media is asked for first, and most often that is all.

/// What is asked, and what is known.
#[derive(Debug, Default)]
pub(super) struct OnePiece {
    /// The largest packet that was asked for, after so many looks at the way.
    asked_for: (u16, u64),
    question: Option<Question>,
    limit: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Question {
    /// It passes, so that it leaves in one piece.
    found: u16,
    largest: u16,
    /// The largest that leaves in one piece, as far as it is known, and the smallest that does not.
    leaves: u16,
    refused: Option<u16>,
    /// What left last, if nobody says that it was refused.
    tried: Option<u16>,
}

impl OnePiece {
    /// What is to be tried next, where `found` passes and there is media of up to `largest`: once after each of `looks`, and where
    /// media has become larger.
    pub(super) fn ask(&mut self, found: u16, largest: u16, looks: u64) -> Option<u16> {
        let asked_for = (largest, looks);
        if std::mem::replace(&mut self.asked_for, asked_for) != asked_for {
            let question = Question { found, largest, leaves: found, refused: None, tried: None };
            self.question = Some(question).filter(|_| largest > found);
            self.limit = self.limit.filter(|_| largest > found);
        }
        let question = self.question.as_mut()?;
        if let Some(left) = question.tried.take() {
            question.leaves = left;
        }
        let next = match question.refused {
            None if question.leaves < question.largest => Some(question.largest),
            None => None,
            Some(refused) if refused == question.leaves + 1 => None,
            // Where a router said how much the way takes, that is what passes.
            Some(_) if question.leaves == question.found => Some(question.found + 1),
            Some(refused) => Some(question.leaves + (refused - question.leaves) / 2),
        };
        match next {
            Some(_) => question.tried = next,
            None => {
                self.limit = question.refused.map(|_| question.leaves);
                self.question = None;
            }
        }
        next
    }

    /// What was to be tried last is more than the system sends in one piece.
    pub(super) fn refused(&mut self) {
        if let Some(question) = &mut self.question {
            question.refused = question.tried.take().or(question.refused);
        }
    }

    /// What the system sends in one piece, where that is less than the largest packet of the media.
    pub(super) fn limit(&self) -> Option<u16> {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All questions of one moment to a system that sends so much in one piece: how many there are.
    fn ask(one_piece: &mut OnePiece, system: u16, found: u16, largest: u16, looks: u64) -> usize {
        let mut asked = 0;
        while let Some(bytes) = one_piece.ask(found, largest, looks) {
            asked += 1;
            if bytes > system {
                one_piece.refused();
            }
        }
        asked
    }

    #[test]
    fn a_hole_on_the_way_takes_one_question_and_a_router_that_speaks_two() {
        let mut one_piece = OnePiece::default();
        assert_eq!((ask(&mut one_piece, 1500, 1000, 1238, 1), one_piece.limit()), (1, None));
        assert_eq!(ask(&mut one_piece, 1500, 1000, 1238, 1), 0, "until the way is looked at again");
        assert_eq!((ask(&mut one_piece, 1000, 1000, 1238, 2), one_piece.limit()), (2, Some(1000)));
        assert_eq!(
            (ask(&mut one_piece, 1500, 1000, 1238, 3), one_piece.limit()),
            (1, None),
            "it has forgotten"
        );
    }

    #[test]
    fn media_that_becomes_larger_than_the_interface_takes_is_asked_for_anew() {
        let mut one_piece = OnePiece::default();
        ask(&mut one_piece, 1500, 1000, 1332, 1);
        assert_eq!(one_piece.limit(), None);
        ask(&mut one_piece, 1500, 1000, 1686, 1);
        assert_eq!(one_piece.limit(), Some(1500));
        assert_eq!(
            (ask(&mut one_piece, 1500, 1500, 1400, 2), one_piece.limit()),
            (0, None),
            "all of it passes"
        );
    }

    proptest! {
        #[test]
        fn what_the_system_sends_in_one_piece_is_found_to_the_byte(
            found in 200_u16..=9000, above in 1_u16..=56_000, system in 0_u16..=60_000,
        ) {
            let (largest, system) = (found + above, found.saturating_add(system));
            let mut one_piece = OnePiece::default();
            let asked = ask(&mut one_piece, system, found, largest, 1);
            prop_assert!(asked <= 18, "{asked}");
            prop_assert_eq!(one_piece.limit(), (system < largest).then_some(system));
        }
    }
}
