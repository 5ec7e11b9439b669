//! What happened, on its way to whoever asks for it.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::event::Event;

/// Messages and channels that may wait to be taken.
const WAITING: usize = 64;
/// Changes of state that may wait besides: there are some ten in a connection's life.
const STATES: usize = 64;

/// The session's end: it never waits.
#[derive(Clone)]
pub(super) struct Events(mpsc::Sender<Event>);

impl Events {
    /// Both ends.
    pub(super) fn new() -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(WAITING + STATES);
        (Self(sender), receiver)
    }

    /// The connection's state has changed.
    pub(super) fn emit(&self, event: Event) {
        if let Err(TrySendError::Full(event)) = self.0.try_send(event) {
            tracing::warn!("nobody took the receiver's events for long: {event:?} is left out");
        }
    }

    /// Something that may wait; the event again where it has to.
    pub(super) fn offer(&self, event: Event) -> Result<(), Event> {
        if self.0.capacity() <= STATES {
            return Err(event);
        }
        match self.0.try_send(event) {
            // Nobody will ask.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(event)) => Err(event),
        }
    }
}
