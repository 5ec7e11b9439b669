//! For how long there were no pictures from one session to the next. Pure: time is an argument.

use std::time::{Duration, Instant};

use report::channel::{FormerEnd, Recovery, Unanswered};

/// How a session ended, as far as it is not by the client's own wish.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SessionEnd {
    pub(crate) how: FormerEnd,
    /// What was sent since something came last, and for how long.
    pub(crate) unanswered: Option<(u64, Duration)>,
}

/// The way from the pictures of one session to those of the next that has any.
#[derive(Debug, Default)]
pub(crate) struct RecoveryClock {
    /// When a frame was last decoded in the session that goes on.
    last: Option<Instant>,
    /// The last session that had pictures: its last one, and its end.
    former: Option<(Instant, SessionEnd)>,
    /// The first picture after it, and how long that took.
    recovered: Option<(Instant, Recovery)>,
}

impl RecoveryClock {
    /// A frame was decoded at `now`.
    pub(crate) fn decoded(&mut self, now: Instant) {
        if self.last.replace(now).is_none()
            && let Some((last, end)) = self.former.take()
        {
            let unanswered = end.unanswered.filter(|_| end.how == FormerEnd::ConsentLost);
            let unanswered = unanswered
                .map(|(packets, silence)| Unanswered { packets, milliseconds: milliseconds(silence) });
            let gap = milliseconds(now.saturating_duration_since(last));
            let recovery = Recovery { milliseconds: gap, ago: 0.0, former_end: end.how, unanswered };
            self.recovered = Some((now, recovery));
        }
    }

    /// The session is over. Of one without pictures nothing is known but that it took time.
    pub(crate) fn session_ended(&mut self, end: SessionEnd) {
        if let Some(last) = self.last.take() {
            self.former = Some((last, end));
        }
    }

    /// What the session that goes on had to recover from, once it has pictures.
    pub(crate) fn recovery(&self, now: Instant) -> Option<Recovery> {
        self.last.and_then(|_| self.latest(now))
    }

    /// The last time that pictures came back.
    pub(crate) fn latest(&self, now: Instant) -> Option<Recovery> {
        let (first, recovery) = self.recovered?;
        Some(Recovery { ago: milliseconds(now.saturating_duration_since(first)), ..recovery })
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

/// What is said of a session whose server is gone without a bye; `server` is where media was sent to.
pub(crate) fn lost(end: SessionEnd, server: Option<&str>) -> String {
    const GONE: &str = "the server is gone without a bye";
    let unanswered = end.unanswered.filter(|(packets, _)| end.how == FormerEnd::ConsentLost && *packets > 0);
    match unanswered.zip(server) {
        None => GONE.to_owned(),
        Some(((packets, silence), server)) => format!(
            "{GONE}: sent {packets} packets to {server} for {:.1} s and got no answer on a way that had worked",
            silence.as_secs_f64()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYE: SessionEnd = SessionEnd { how: FormerEnd::Bye, unanswered: None };
    const SILENT: SessionEnd =
        SessionEnd { how: FormerEnd::ConsentLost, unanswered: Some((120, Duration::from_secs(10))) };

    #[test]
    fn it_is_from_the_last_picture_of_one_session_to_the_first_of_the_next() {
        let (start, mut clock) = (Instant::now(), RecoveryClock::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(clock.recovery(at(0)), None);
        [0, 33, 66].into_iter().for_each(|moment| clock.decoded(at(moment)));
        assert_eq!(clock.recovery(at(70)), None, "nothing was to recover from");
        clock.session_ended(BYE);
        // One in between that never got pictures.
        clock.session_ended(SILENT);
        clock.decoded(at(2066));
        clock.decoded(at(2100));
        let recovery =
            Recovery { milliseconds: 2000.0, ago: 500.0, former_end: FormerEnd::Bye, unanswered: None };
        assert_eq!(clock.recovery(at(2566)), Some(recovery));
        clock.session_ended(SILENT);
        assert_eq!(clock.recovery(at(3066)), None, "that was another session's");
        assert_eq!(clock.latest(at(3066)).map(|recovery| recovery.ago), Some(1000.0));
        clock.decoded(at(12_100));
        let unanswered = Some(Unanswered { packets: 120, milliseconds: 10_000.0 });
        let recovery =
            Recovery { milliseconds: 10_000.0, ago: 0.0, former_end: FormerEnd::ConsentLost, unanswered };
        assert_eq!(clock.recovery(at(12_100)), Some(recovery));
    }

    #[test]
    fn a_way_that_died_while_signalling_stayed_open_is_named() {
        assert_eq!(
            lost(SILENT, Some("10.0.0.7:8082")),
            "the server is gone without a bye: sent 120 packets to 10.0.0.7:8082 for 10.0 s and got no answer on a way that had worked"
        );
        let eof = SessionEnd { how: FormerEnd::Eof, ..SILENT };
        assert_eq!(lost(eof, Some("10.0.0.7:8082")), "the server is gone without a bye");
        assert_eq!(lost(SILENT, None), "the server is gone without a bye");
    }
}
