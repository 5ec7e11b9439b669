use super::*;

#[test]
fn frames_are_counted_once_each_and_the_first_decoded_one_is_notified() {
    let start = Instant::now();
    let counters = Counters::new("c".into(), "s:1".into(), start, Timestamp::UNIX_EPOCH);
    let first = counters.first_decoded();
    counters.dialling(start);
    counters.frame(FrameOutcome::Undecodable, start, FrameTiming::default());
    assert_eq!(*first.borrow(), None);
    let at = start + Duration::from_millis(50);
    counters.frame(FrameOutcome::Position { x: 1.0, y: 2.0, confidence: 0.9 }, at, FrameTiming::default());
    counters.frame(FrameOutcome::Undetected, at + Duration::from_millis(33), FrameTiming::default());
    assert_eq!(*first.borrow(), Some(at));
    assert!(counters.is_fresh(at + FRESH) && !counters.is_fresh(at + FRESH * 2));
    let summary = counters.summary(at);
    let ClientFrames { received, decoded, detected, undetected, undecodable } = summary.frames;
    assert_eq!([received, decoded, detected, undetected, undecodable], [3, 2, 1, 1, 1]);
    assert_eq!(summary.setup_milliseconds.first_decoded, Some(50.0));
}

#[test]
fn a_new_session_starts_its_timeline_anew() {
    let start = Instant::now();
    let counters = Counters::new("c".into(), "s:1".into(), start, Timestamp::UNIX_EPOCH);
    assert_eq!(counters.session_begins(), 0);
    counters.reached(Stage::Dtls, start + Duration::from_millis(30));
    assert_eq!(counters.summary(start).state, State::Connected);
    counters.dialling(start + Duration::from_secs(9));
    assert_eq!(counters.session_begins(), 1);
    let summary = counters.summary(start);
    assert_eq!((summary.reconnects, summary.setup_milliseconds.dtls), (1, None));
}

/// By the wall clock, an error before it was set back seemed to be later than one after it.
#[test]
fn what_happened_stays_in_its_order_whatever_the_wall_clock_shows() {
    let counters = Counters::new("c".into(), "s:1".into(), Instant::now(), Timestamp::UNIX_EPOCH);
    counters.frame(FrameOutcome::Undetected, Instant::now(), FrameTiming::default());
    counters.error(ErrorCode::PeerLost, "gone");
    let error = counters.summary(Instant::now()).errors.remove(0);
    assert!(counters.last_decoded_at().unwrap() <= error.last_seen);
    assert_eq!(error.last_seen.to_string().split('T').next(), Some("1970-01-01"), "as at the start, and on");
}
