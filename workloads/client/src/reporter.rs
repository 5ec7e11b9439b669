//! Sends what was seen over the data channel, from the decoding thread and without waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use media::receiver::{ChannelId, ChannelSender};
use picture::Point;
use report::channel::{FrameOutcome, FrameReport, Hello, LABEL, Message};
use tokio::runtime::Handle;

use crate::fault::Faults;
use crate::foreign::{ForeignServer, PresentationClock};
use crate::tally::Seen;

/// The way to the server.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    sender: ChannelSender,
    state: Arc<Mutex<State>>,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct State {
    way: Option<Way>,
    clock: PresentationClock,
    /// Where the ball was said to be, or would have been.
    latest: Option<Point>,
}

#[derive(Debug)]
enum Way {
    /// A channel on which our own server listens.
    Own(ChannelId),
    /// A channel of another program's.
    Foreign(ChannelId, ForeignServer),
}

impl Reporter {
    /// Reports over `sender` once there is a channel. Needs a Tokio runtime.
    pub(crate) fn new(sender: ChannelSender) -> Self {
        Self { sender, state: Arc::default(), runtime: Handle::current() }
    }

    /// A channel for reports is open: says who this is, and reports over it from then on.
    ///
    /// Over the server's channel a lost report would be sent again and hold up those behind it, so that latency would
    /// tell of the reports' troubles. It serves until a lossy one of our own is open.
    pub(crate) fn open(&self, channel: ChannelId, by_peer: bool, hello: &Hello) {
        self.sender.send(channel, Message::Hello(hello.clone()).to_text());
        self.lock().way = Some(Way::Own(channel));
        if by_peer {
            self.sender.open_lossy(LABEL);
        }
    }

    /// A channel of another program's is open at `now`; the first one gets the reports.
    pub(crate) fn open_foreign(&self, channel: ChannelId, now: Instant) {
        self.lock().way.get_or_insert_with(|| Way::Foreign(channel, ForeignServer::new(now)));
    }

    /// The server said something.
    pub(crate) fn heard(&self, channel: ChannelId, text: &str) {
        let State { way, latest, .. } = &mut *self.lock();
        if let Some(Way::Foreign(_, server)) = way
            && let Some(answer) = server.answer(text, *latest)
        {
            self.sender.send(channel, answer);
        }
    }

    /// Says again who this is, in case it was lost; false where there is nobody yet to say it to.
    pub(crate) fn greet(&self, hello: &Hello) -> bool {
        let Some(Way::Own(channel)) = self.lock().way else { return false };
        self.sender.send(channel, Message::Hello(hello.clone()).to_text())
    }

    /// Reports what was seen in the frame of `timestamp`, as far as the faults let it.
    pub(crate) fn report(&self, timestamp: u32, seen: Seen, faults: &mut Faults) {
        let outcome = match seen {
            Seen::Ball { position, confidence } => {
                let position = faults.distort(position);
                FrameOutcome::Position {
                    x: rounded(position.x),
                    y: rounded(position.y),
                    confidence: rounded(confidence),
                }
            }
            Seen::NoBall => FrameOutcome::Undetected,
            Seen::Undecodable => FrameOutcome::Undecodable,
        };
        // Before the channel is open the server counts no frames.
        let Some((channel, text)) = self.lock().words(timestamp, outcome) else { return };
        if faults.drops() {
            return;
        }
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

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every method leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What is reported of a frame, and where; `None` where nobody is to be told.
    fn words(&mut self, timestamp: u32, outcome: FrameOutcome) -> Option<(ChannelId, String)> {
        let pts = self.clock.pts(timestamp);
        let position = match outcome {
            FrameOutcome::Position { x, y, .. } => Some(Point { x, y }),
            FrameOutcome::Undetected | FrameOutcome::Undecodable => None,
        };
        self.latest = position.or(self.latest);
        match self.way.as_ref()? {
            Way::Own(channel) => {
                Some((*channel, Message::Frame(FrameReport { timestamp, outcome }).to_text()))
            }
            // Other programs have no word for a frame without a ball.
            Way::Foreign(channel, server) => Some((*channel, server.report(Instant::now(), pts, position?)?)),
        }
    }
}

/// To a ten-thousandth: finer than any detection, and short on the wire.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
