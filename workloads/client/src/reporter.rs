//! Sends what was seen over the data channel, from the decoding thread and without waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use media::receiver::{ChannelId, ChannelSender};
use report::channel::{FrameReport, Hello, LABEL, Message, Sighting};
use tokio::runtime::Handle;

use crate::fault::Faults;
use crate::tally::Seen;

/// The way to the server.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    sender: ChannelSender,
    channel: Arc<Mutex<Option<ChannelId>>>,
    runtime: Handle,
}

impl Reporter {
    /// Reports over `sender` once there is a channel. Needs a Tokio runtime.
    pub(crate) fn new(sender: ChannelSender) -> Self {
        Self { sender, channel: Arc::default(), runtime: Handle::current() }
    }

    /// A channel for reports is open: says who this is, and reports over it from then on.
    ///
    /// Over the server's channel a lost report would be sent again and hold up those behind it, so that latency would
    /// tell of the reports' troubles. It serves until a lossy one of our own is open.
    pub(crate) fn open(&self, channel: ChannelId, by_peer: bool, hello: &Hello) {
        self.sender.send(channel, Message::Hello(hello.clone()).to_text());
        *self.lock() = Some(channel);
        if by_peer {
            self.sender.open_lossy(LABEL);
        }
    }

    /// Says again who this is, in case it was lost; false where there is no channel yet.
    pub(crate) fn greet(&self, hello: &Hello) -> bool {
        let hello = Message::Hello(hello.clone()).to_text();
        self.channel().is_some_and(|channel| self.sender.send(channel, hello))
    }

    /// Reports what was seen in the frame of `timestamp`, as far as the faults let it.
    pub(crate) fn report(&self, timestamp: u32, seen: Seen, faults: &mut Faults) {
        // Before the channel is open the server counts no frames.
        let Some(channel) = self.channel() else { return };
        if faults.drops() {
            return;
        }
        let sighting = match seen {
            Seen::Ball { position, confidence } => {
                let position = faults.distort(position);
                Sighting::Position {
                    x: rounded(position.x),
                    y: rounded(position.y),
                    confidence: rounded(confidence),
                }
            }
            Seen::NoBall => Sighting::Undetected,
            Seen::Undecodable => Sighting::Undecodable,
        };
        let text = Message::Frame(FrameReport { timestamp, sighting }).to_text();
        let delay = faults.delay();
        if delay.is_zero() {
            self.sender.send(channel, text);
        } else {
            let sender = self.sender.clone();
            self.runtime.spawn(async move {
                tokio::time::sleep(delay).await;
                sender.send(channel, text);
            });
        }
    }

    fn channel(&self) -> Option<ChannelId> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<ChannelId>> {
        // It is set as a whole.
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To a ten-thousandth: finer than any detection, and short on the wire.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
