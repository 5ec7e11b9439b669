//! What is sent to the servers of other programs, on a channel that they opened.
//!
//! Some ask once a second and take `(x, y)` for an answer, others expect a report for every frame. Which kind a server
//! is shows in the first seconds: one that asked is sent nothing else.

use std::time::{Duration, Instant};

use picture::Point;
use report::channel::{Foreign, is_question};

/// How long questions are waited for: such servers ask once a second, and may sleep first.
const QUESTION_LIMIT: Duration = Duration::from_millis(1500);

/// What such a server is sent. It begins when its channel opens.
#[derive(Debug)]
pub(crate) struct ForeignServer {
    opened: Instant,
    asks: bool,
}

impl ForeignServer {
    pub(crate) fn new(opened: Instant) -> Self {
        Self { opened, asks: false }
    }

    /// The report of a frame, if this server is one that takes them.
    pub(crate) fn report(&self, now: Instant, pts: u64, Point { x, y }: Point) -> Option<String> {
        let wants_reports = !self.asks && now.saturating_duration_since(self.opened) >= QUESTION_LIMIT;
        wants_reports.then(|| Foreign::Position { x, y, pts: Some(pts) }.to_text())
    }

    /// The answer to a message of the server, if that is a question and the ball was seen at all.
    pub(crate) fn answer(&mut self, text: &str, latest: Option<Point>) -> Option<String> {
        if !is_question(text) {
            return None;
        }
        self.asks = true;
        latest.map(|Point { x, y }| Foreign::Position { x, y, pts: None }.to_text())
    }
}

/// Counts RTP timestamps from the first frame that came, past the wrap-around.
#[derive(Debug, Default)]
pub(crate) struct PresentationClock {
    last: Option<(u32, u64)>,
}

impl PresentationClock {
    /// The presentation timestamp of the frame of `timestamp`; frames come in order.
    pub(crate) fn pts(&mut self, timestamp: u32) -> u64 {
        let pts = self.last.map_or(0, |(last, pts)| pts + u64::from(timestamp.wrapping_sub(last)));
        self.last = Some((timestamp, pts));
        pts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALL: Point = Point { x: 12.5, y: 33.25 };

    #[test]
    fn a_server_that_asks_is_answered_and_sent_nothing_else() {
        let opened = Instant::now();
        let mut server = ForeignServer::new(opened);
        assert_eq!(server.report(opened + QUESTION_LIMIT / 2, 3000, BALL), None);
        assert_eq!(server.answer("hello", Some(BALL)), None);
        assert_eq!(server.answer("Server time: 12", None), None);
        assert_eq!(server.answer("Server time: 13", Some(BALL)).as_deref(), Some("(13, 33)"));
        assert_eq!(server.report(opened + QUESTION_LIMIT * 2, 3000, BALL), None);
    }

    #[test]
    fn a_server_that_does_not_ask_is_sent_every_frame() {
        let opened = Instant::now();
        let server = ForeignServer::new(opened);
        let report = server.report(opened + QUESTION_LIMIT, 3000, BALL);
        assert_eq!(report.as_deref(), Some(r#"{"pts":3000,"x":12.5,"y":33.25}"#));
    }

    #[test]
    fn presentation_timestamps_go_on_across_the_wrap_around() {
        let mut clock = PresentationClock::default();
        let timestamps = [u32::MAX - 2999, 0, 3000, 2_000_000_000, 4_000_000_000, 1_705_032_704];
        assert_eq!(
            timestamps.map(|timestamp| clock.pts(timestamp)),
            [0, 3000, 6000, 2_000_003_000, 4_000_003_000, 6_000_003_000]
        );
    }
}
