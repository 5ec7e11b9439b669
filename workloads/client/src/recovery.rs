//! For how long there were no pictures from one session to the next. Pure: time is an argument.

use std::time::{Duration, Instant};

use report::channel::{FormerEnd, Recovery, Unanswered};

/// How a session ended, as far as it is not by the client's own wish.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SessionEnd {
    pub(crate) how: FormerEnd,
    /// What was sent since something came last, or ever, and for how long.
    pub(crate) unanswered: Option<(u64, Duration)>,
    /// The server was sought where one had answered in a session before.
    pub(crate) was_at_former_address: bool,
}

/// What goes without an answer for as long as this had none to expect: below, a server that just ended is as silent.
const IN_VAIN: Duration = Duration::from_secs(2);

impl SessionEnd {
    /// Of a session of which nothing is known.
    pub(crate) const UNKNOWN: Self =
        Self { how: FormerEnd::Other, unanswered: None, was_at_former_address: false };

    /// What was sent where a server had answered, and had no answer any more.
    fn in_vain(&self, had_pictures: bool) -> Option<(u64, Duration)> {
        let had_answered = had_pictures || self.was_at_former_address;
        self.unanswered.filter(|(packets, silence)| had_answered && *packets > 0 && *silence >= IN_VAIN)
    }
}

/// The way from the pictures of one session to those of the next that has any.
#[derive(Debug, Default)]
pub(crate) struct RecoveryClock {
    /// When a frame was last decoded in the session that goes on.
    last: Option<Instant>,
    /// The last session that had pictures: its last one, and how it ended.
    former: Option<(Instant, FormerEnd)>,
    /// What was sent in vain since.
    in_vain: Option<(u64, Duration)>,
    /// The first picture after it, and how long that took.
    recovered: Option<(Instant, Recovery)>,
}

impl RecoveryClock {
    /// A frame was decoded at `now`.
    pub(crate) fn decoded(&mut self, now: Instant) {
        if self.last.replace(now).is_none()
            && let Some((last, former_end)) = self.former.take()
        {
            let unanswered = self.in_vain.take();
            let unanswered = unanswered
                .map(|(packets, silence)| Unanswered { packets, milliseconds: milliseconds(silence) });
            let gap = milliseconds(now.saturating_duration_since(last));
            let recovery = Recovery { milliseconds: gap, ago: 0.0, former_end, unanswered };
            self.recovered = Some((now, recovery));
        }
    }

    /// The session is over. Of one without pictures nothing is known but that it took time, and what it sent in vain.
    pub(crate) fn session_ended(&mut self, end: SessionEnd) {
        let last = self.last.take();
        let in_vain = end.in_vain(last.is_some());
        if let Some(last) = last {
            self.former = Some((last, end.how));
            self.in_vain = in_vain;
        } else if let Some((packets, silence)) = in_vain {
            let (before, so_long) = self.in_vain.unwrap_or_default();
            self.in_vain = Some((before + packets, so_long + silence));
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
    match end.in_vain(true).zip(server) {
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

    const BYE: SessionEnd = SessionEnd { how: FormerEnd::Bye, ..SessionEnd::UNKNOWN };
    const SILENT: SessionEnd = SessionEnd {
        how: FormerEnd::ConsentLost,
        unanswered: Some((120, Duration::from_secs(10))),
        ..SessionEnd::UNKNOWN
    };

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

    /// Stale conntrack: the former server said bye, and what goes to the next one at the same address is led to the former.
    #[test]
    fn what_is_sent_to_an_address_that_had_answered_is_summed_up_until_there_are_pictures() {
        let (start, mut clock) = (Instant::now(), RecoveryClock::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        let attempt = |was_at_former_address| SessionEnd {
            how: FormerEnd::Other,
            unanswered: Some((40, Duration::from_secs(8))),
            was_at_former_address,
        };
        clock.session_ended(attempt(true));
        clock.decoded(at(0));
        clock.session_ended(SessionEnd { unanswered: Some((5, Duration::from_millis(300))), ..BYE });
        [true, false, true].map(attempt).into_iter().for_each(|end| clock.session_ended(end));
        clock.decoded(at(27));
        let unanswered = Some(Unanswered { packets: 80, milliseconds: 16_000.0 });
        let expected = Recovery { milliseconds: 27_000.0, ago: 0.0, former_end: FormerEnd::Bye, unanswered };
        assert_eq!(clock.recovery(at(27)), Some(expected));
        // The next one's begins anew, and with what came last where that had an answer.
        clock.session_ended(SILENT);
        clock.session_ended(attempt(true));
        clock.decoded(at(50));
        let unanswered = clock.recovery(at(50)).and_then(|recovery| recovery.unanswered);
        assert_eq!(unanswered, Some(Unanswered { packets: 160, milliseconds: 18_000.0 }));
    }

    #[test]
    fn a_way_that_died_while_signalling_stayed_open_is_named() {
        assert_eq!(
            lost(SILENT, Some("10.0.0.7:8082")),
            "the server is gone without a bye: sent 120 packets to 10.0.0.7:8082 for 10.0 s and got no answer on a way that had worked"
        );
        // One whose host closed the connection in the end, or at once.
        let eof = SessionEnd { how: FormerEnd::Eof, ..SILENT };
        assert_eq!(lost(eof, Some("10.0.0.7:8082")), lost(SILENT, Some("10.0.0.7:8082")));
        let short = Duration::from_millis(1900);
        for unanswered in [None, Some((40, short)), Some((0, short * 5))] {
            let end = SessionEnd { unanswered, ..eof };
            assert_eq!(
                lost(end, Some("10.0.0.7:8082")),
                "the server is gone without a bye",
                "{unanswered:?}"
            );
        }
        assert_eq!(lost(SILENT, None), "the server is gone without a bye");
    }
}
