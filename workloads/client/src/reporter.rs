//! Sends what was seen over the data channel, from the thread that decodes and without waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use media::receiver::{ChannelId, ChannelSender};
use picture::Point;
use report::channel::{ClientStats, FrameOutcome, FrameReport, Hello, LABEL, Message, Previous};
use tokio::runtime::Handle;

use crate::fault::Faults;
use crate::foreign::{ForeignServer, PresentationClock};
use crate::outcome::position;

/// Sends reports to the server.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    sender: ChannelSender,
    state: Arc<Mutex<State>>,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct State {
    route: Option<Route>,
    clock: PresentationClock,
    /// Where the ball was said to be, or would have been.
    latest: Option<Point>,
    /// What was reported last, to be repeated.
    previous: Previous,
}

#[derive(Debug)]
enum Route {
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

    /// A channel for reports is open: sends the hello, and reports over it from then on.
    ///
    /// Over the server's channel a lost report would be sent again and hold up those behind it, so that latency
    /// would measure the reports' delays, too. It serves until a lossy one of our own is open.
    pub(crate) fn open(&self, channel: ChannelId, by_peer: bool, hello: &Hello) {
        self.sender.send(channel, Message::Hello(hello.clone()).to_text());
        self.lock().route = Some(Route::Own(channel));
        if by_peer {
            self.sender.open_lossy(LABEL);
        }
    }

    /// A channel of another program's is open at `now`; the first one gets the reports.
    pub(crate) fn open_foreign(&self, channel: ChannelId, now: Instant) {
        self.lock().route.get_or_insert_with(|| Route::Foreign(channel, ForeignServer::new(now)));
    }

    /// Takes a message of the server, and answers it if it is a question.
    pub(crate) fn receive(&self, channel: ChannelId, text: &str) {
        let State { route, latest, .. } = &mut *self.lock();
        if let Some(Route::Foreign(_, server)) = route
            && let Some(answer) = server.answer(text, *latest)
        {
            self.sender.send(channel, answer);
        }
    }

    /// Sends the hello again, in case it was lost; false where no channel of our own is open yet.
    pub(crate) fn repeat_hello(&self, hello: &Hello) -> bool {
        let Some(Route::Own(channel)) = self.lock().route else { return false };
        self.sender.send(channel, Message::Hello(hello.clone()).to_text())
    }

    /// Sends what the client counted; false where our own server does not listen.
    pub(crate) fn stats(&self, stats: &ClientStats) -> bool {
        let Some(Route::Own(channel)) = self.lock().route else { return false };
        self.sender.send(channel, Message::Stats(*stats).to_text())
    }

    /// Reports what the frame of `timestamp`, which was complete at `complete`, showed, as far as the faults let it.
    pub(crate) fn report(
        &self,
        timestamp: u32,
        outcome: FrameOutcome,
        complete: Instant,
        faults: &mut Faults,
    ) {
        let outcome = match outcome {
            FrameOutcome::Position { x, y, confidence } => {
                let Point { x, y } = faults.distort(Point { x, y });
                FrameOutcome::Position { x: rounded(x), y: rounded(y), confidence: rounded(confidence) }
            }
            FrameOutcome::Undetected | FrameOutcome::Undecodable => outcome,
        };
        // Before the channel is open the server counts no frames.
        let mut state = self.lock();
        let Some((channel, text)) = state.encode(timestamp, outcome, complete) else { return };
        if faults.drops() {
            // Nor is it repeated: it is to be lost.
            return;
        }
        state.previous.push(timestamp, outcome);
        drop(state);
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
    /// The report of a frame, and its channel; `None` where none is to be sent.
    fn encode(
        &mut self,
        timestamp: u32,
        outcome: FrameOutcome,
        complete: Instant,
    ) -> Option<(ChannelId, String)> {
        let pts = self.clock.pts(timestamp);
        let position = position(outcome);
        self.latest = position.or(self.latest);
        match self.route.as_ref()? {
            Route::Own(channel) => {
                let report = FrameReport {
                    held_microseconds: u32::try_from(complete.elapsed().as_micros()).ok(),
                    previous: self.previous,
                    ..FrameReport::new(timestamp, outcome)
                };
                Some((*channel, Message::Frame(report).to_text()))
            }
            // Other programs have no word for a frame without a ball.
            Route::Foreign(channel, server) => {
                Some((*channel, server.report(Instant::now(), pts, position?)?))
            }
        }
    }
}

/// To a ten-thousandth: finer than any detection, and short on the wire.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
