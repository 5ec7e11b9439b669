//! Sends what was seen over the data channel, from the decoding thread and without waiting.

use std::sync::{Arc, OnceLock};

use media::receiver::{ChannelId, ChannelSender};
use report::channel::{FrameReport, Hello, Message, Sighting};
use tokio::runtime::Handle;

use crate::fault::Faults;
use crate::tally::Seen;

/// The way to the server.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    sender: ChannelSender,
    channel: Arc<OnceLock<ChannelId>>,
    runtime: Handle,
}

impl Reporter {
    /// Reports over `sender` once there is a channel. Needs a Tokio runtime.
    pub(crate) fn new(sender: ChannelSender) -> Self {
        Self { sender, channel: Arc::default(), runtime: Handle::current() }
    }

    /// The server's channel is open: says who this is, and reports from then on.
    pub(crate) fn open(&self, channel: ChannelId, hello: &Hello) {
        self.sender.send(channel, Message::Hello(hello.clone()).to_json());
        // A second channel of the same label changes nothing.
        let _ = self.channel.set(channel);
    }

    /// Says again who this is, in case it was lost; false where there is no channel yet.
    pub(crate) fn greet(&self, hello: &Hello) -> bool {
        let hello = Message::Hello(hello.clone()).to_json();
        self.channel.get().is_some_and(|channel| self.sender.send(*channel, hello))
    }

    /// Reports what was seen in the frame of `timestamp`, as far as the faults let it.
    pub(crate) fn report(&self, timestamp: u32, seen: Seen, faults: &mut Faults) {
        // Before the channel is open the server counts no frames.
        let Some(channel) = self.channel.get().copied() else { return };
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
        let text = Message::Frame(FrameReport { timestamp, sighting }).to_json();
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
}

/// To a ten-thousandth: finer than any detection, and short on the wire.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
