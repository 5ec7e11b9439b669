//! The bounded queue between the network and the decoder.

use std::collections::VecDeque;
use std::time::Instant;

use super::frame::Received;
use crate::assemble::Assembled;

/// Most frames that are only named to let queue up: some seconds of them.
const MAX_NAMED: usize = 512;

/// Frames that wait to be decoded.
#[derive(Debug)]
pub(super) struct FrameQueue {
    capacity: usize,
    queue: VecDeque<Received>,
    /// Those in the queue that carry data.
    frames: usize,
    /// What comes depends on a frame that the decoder will not get, until a keyframe comes.
    broken: bool,
}

/// What became of a frame that was put into the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Frame,
    /// It can not be decoded, or depends on one that was lost here: only its name is in the queue.
    Undecodable,
    /// It could be decoded, but the queue was full: only its name is in the queue.
    Overrun,
}

impl FrameQueue {
    /// For at most `capacity` frames with data.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, queue: VecDeque::new(), frames: 0, broken: false }
    }

    /// Puts in a frame that was complete at `complete`.
    pub(super) fn push(&mut self, assembled: Assembled, complete: Instant) -> Pushed {
        let pushed =
            match assembled {
                Assembled::Frame { keyframe, .. } if keyframe || !self.broken => {
                    if self.frames < self.capacity { Pushed::Frame } else { Pushed::Overrun }
                }
                _ => Pushed::Undecodable,
            };
        if pushed == Pushed::Frame {
            self.broken = false;
            self.frames += 1;
            self.queue.push_back(Received { frame: assembled, complete });
        } else {
            self.broken = true;
            if self.queue.len() - self.frames < MAX_NAMED {
                let frame = Assembled::Undecodable { timestamp: assembled.timestamp() };
                self.queue.push_back(Received { frame, complete });
            }
        }
        pushed
    }

    /// Takes the next frame out.
    pub(super) fn pop(&mut self) -> Option<Received> {
        let received = self.queue.pop_front()?;
        if matches!(received.frame, Assembled::Frame { .. }) {
            self.frames -= 1;
        }
        Some(received)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The decoder has not got the frame that was taken out last: what depends on it is of no use.
    pub(super) fn decoder_lost(&mut self) {
        self.broken = true;
        for Received { frame: assembled, .. } in &mut self.queue {
            match assembled {
                Assembled::Frame { keyframe: true, .. } => {
                    self.broken = false;
                    break;
                }
                Assembled::Frame { timestamp, .. } => {
                    *assembled = Assembled::Undecodable { timestamp: *timestamp };
                    self.frames -= 1;
                }
                Assembled::Undecodable { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn frame(timestamp: u32, keyframe: bool) -> Assembled {
        Assembled::Frame { timestamp, data: Bytes::from_static(b"x"), keyframe }
    }

    fn undecodable(timestamp: u32) -> Assembled {
        Assembled::Undecodable { timestamp }
    }

    fn push(queue: &mut FrameQueue, frame: Assembled) -> Pushed {
        queue.push(frame, Instant::now())
    }

    fn take(queue: &mut FrameQueue) -> Option<Assembled> {
        queue.pop().map(|received| received.frame)
    }

    fn take_all(mut queue: FrameQueue) -> Vec<Assembled> {
        std::iter::from_fn(|| take(&mut queue)).collect()
    }

    #[test]
    fn a_full_queue_keeps_the_name_of_what_it_drops() {
        let mut queue = FrameQueue::new(2);
        assert_eq!(push(&mut queue, frame(1, true)), Pushed::Frame);
        assert_eq!(push(&mut queue, frame(2, false)), Pushed::Frame);
        assert_eq!(push(&mut queue, frame(3, false)), Pushed::Overrun);
        assert_eq!(take(&mut queue), Some(frame(1, true)));
        assert_eq!(push(&mut queue, frame(4, false)), Pushed::Undecodable);
        assert_eq!(push(&mut queue, undecodable(5)), Pushed::Undecodable);
        assert_eq!(push(&mut queue, frame(6, true)), Pushed::Frame);
        let rest = [frame(2, false), undecodable(3), undecodable(4), undecodable(5), frame(6, true)];
        assert_eq!(take_all(queue), rest);
    }

    #[test]
    fn names_are_bounded_too() {
        let mut queue = FrameQueue::new(1);
        for timestamp in 0..10_000 {
            push(&mut queue, undecodable(timestamp));
        }
        assert_eq!(take_all(queue).len(), MAX_NAMED);
    }

    #[test]
    fn what_follows_a_frame_that_the_decoder_lost_is_undecodable_up_to_the_keyframe() {
        let mut queue = FrameQueue::new(8);
        for (timestamp, keyframe) in [(1, true), (2, false), (3, false), (4, true), (5, false)] {
            push(&mut queue, frame(timestamp, keyframe));
        }
        assert_eq!(take(&mut queue), Some(frame(1, true)));
        queue.decoder_lost();
        assert_eq!(take_all(queue), [undecodable(2), undecodable(3), frame(4, true), frame(5, false)]);
    }
}
