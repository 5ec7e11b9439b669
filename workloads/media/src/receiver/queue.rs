//! The bounded queue between the network and the thread that decodes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::assemble::Assembled;

/// Most frames that are only named to let queue up: some seconds of them.
const MAX_NAMED: usize = 512;

/// A queue for at most `capacity` frames with data.
pub(super) fn frame_queue(capacity: usize) -> (FrameSender, FrameReceiver) {
    let shared = Arc::new(Shared {
        capacity,
        state: Mutex::new(State::default()),
        available: Condvar::new(),
        decoder_lost: Notify::new(),
    });
    (FrameSender(Arc::clone(&shared)), FrameReceiver(shared))
}

#[derive(Debug)]
struct Shared {
    capacity: usize,
    state: Mutex<State>,
    available: Condvar,
    decoder_lost: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Received>,
    /// Those in the queue that carry data.
    frames: usize,
    ended: bool,
    /// What comes depends on a frame that the decoder will not get, until a keyframe comes.
    broken: bool,
    /// The last frame that the decoder reported as lost.
    lost: Option<u32>,
}

impl Shared {
    /// A panic elsewhere leaves nothing half done here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A frame on its way to the decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The frame.
    pub frame: Assembled,
    /// When its last packet came, or when it was given up.
    pub complete: Instant,
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

/// The network's end. Dropping it ends the queue once it is empty.
#[derive(Debug)]
pub(super) struct FrameSender(Arc<Shared>);

impl FrameSender {
    /// Puts in a frame that was complete at `complete`. Never blocks.
    pub(super) fn push(&self, assembled: Assembled, complete: Instant) -> Pushed {
        let mut state = self.0.state();
        let pushed = match assembled {
            Assembled::Frame { keyframe, .. } if keyframe || !state.broken => {
                if state.frames < self.0.capacity { Pushed::Frame } else { Pushed::Overrun }
            }
            _ => Pushed::Undecodable,
        };
        if pushed == Pushed::Frame {
            state.broken = false;
            state.frames += 1;
            state.queue.push_back(Received { frame: assembled, complete });
        } else {
            state.broken = true;
            if state.queue.len() - state.frames < MAX_NAMED {
                let frame = Assembled::Undecodable { timestamp: assembled.timestamp() };
                state.queue.push_back(Received { frame, complete });
            }
        }
        drop(state);
        self.0.available.notify_one();
        pushed
    }

    /// The timestamp of a frame that the decoder has not got, once it reports one. Safe to cancel.
    pub(super) async fn decoder_lost(&self) -> u32 {
        loop {
            if let Some(timestamp) = self.0.state().lost.take() {
                return timestamp;
            }
            self.0.decoder_lost.notified().await;
        }
    }
}

impl Drop for FrameSender {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.available.notify_all();
    }
}

/// The frames of a [`Receiver`](super::Receiver), for the one thread that decodes them.
///
/// It is bounded: frames that come while it is full are handed out as undecodable, and so are those that depend on
/// them, until the next keyframe.
#[derive(Debug)]
pub struct FrameReceiver(Arc<Shared>);

impl FrameReceiver {
    /// The next frame; waits for it. `None` once the receiver is closed and everything was handed out.
    pub fn recv(&self) -> Option<Received> {
        let state = self.0.state();
        let waited = self.0.available.wait_while(state, |state| state.queue.is_empty() && !state.ended);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let received = state.queue.pop_front()?;
        if matches!(received.frame, Assembled::Frame { .. }) {
            state.frames -= 1;
        }
        Some(received)
    }

    /// The decoder failed on, or left out, the frame with this RTP timestamp. What depends on it comes as undecodable
    /// until the next keyframe, which is asked for.
    pub fn lost(&self, timestamp: u32) {
        let mut guard = self.0.state();
        let state = &mut *guard;
        state.broken = true;
        for Received { frame: assembled, .. } in &mut state.queue {
            match assembled {
                Assembled::Frame { keyframe: true, .. } => {
                    state.broken = false;
                    break;
                }
                Assembled::Frame { timestamp, .. } => {
                    *assembled = Assembled::Undecodable { timestamp: *timestamp };
                    state.frames -= 1;
                }
                Assembled::Undecodable { .. } => {}
            }
        }
        state.lost = Some(timestamp);
        drop(guard);
        self.0.decoder_lost.notify_one();
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

    fn push(sender: &FrameSender, frame: Assembled) -> Pushed {
        sender.push(frame, Instant::now())
    }

    fn take(frames: &FrameReceiver) -> Option<Assembled> {
        frames.recv().map(|received| received.frame)
    }

    fn take_all(sender: FrameSender, frames: &FrameReceiver) -> Vec<Assembled> {
        drop(sender);
        std::iter::from_fn(|| take(frames)).collect()
    }

    #[test]
    fn a_full_queue_keeps_the_name_of_what_it_drops() {
        let (sender, frames) = frame_queue(2);
        assert_eq!(push(&sender, frame(1, true)), Pushed::Frame);
        assert_eq!(push(&sender, frame(2, false)), Pushed::Frame);
        assert_eq!(push(&sender, frame(3, false)), Pushed::Overrun);
        assert_eq!(take(&frames), Some(frame(1, true)));
        assert_eq!(push(&sender, frame(4, false)), Pushed::Undecodable);
        assert_eq!(push(&sender, undecodable(5)), Pushed::Undecodable);
        assert_eq!(push(&sender, frame(6, true)), Pushed::Frame);
        let rest = [frame(2, false), undecodable(3), undecodable(4), undecodable(5), frame(6, true)];
        assert_eq!(take_all(sender, &frames), rest);
    }

    #[test]
    fn names_are_bounded_too() {
        let (sender, frames) = frame_queue(1);
        for timestamp in 0..10_000 {
            push(&sender, undecodable(timestamp));
        }
        assert_eq!(take_all(sender, &frames).len(), MAX_NAMED);
    }

    #[tokio::test]
    async fn what_follows_a_frame_that_the_decoder_lost_is_undecodable_up_to_the_keyframe() {
        let (sender, frames) = frame_queue(8);
        for (timestamp, keyframe) in [(1, true), (2, false), (3, false), (4, true), (5, false)] {
            push(&sender, frame(timestamp, keyframe));
        }
        assert_eq!(take(&frames), Some(frame(1, true)));
        frames.lost(1);
        assert_eq!(sender.decoder_lost().await, 1);
        assert_eq!(
            take_all(sender, &frames),
            [undecodable(2), undecodable(3), frame(4, true), frame(5, false)]
        );
    }

    #[test]
    fn a_waiting_decoder_is_woken_by_a_frame_and_by_the_end() {
        let (sender, frames) = frame_queue(1);
        let decoder = std::thread::spawn(move || std::iter::from_fn(|| take(&frames)).count());
        push(&sender, frame(1, true));
        drop(sender);
        assert_eq!(decoder.join().unwrap(), 1);
    }
}
