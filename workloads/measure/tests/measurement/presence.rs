//! Who is there, and who of them has media.

use crate::run::{A, B, C, Run};
use ballsession_measure::{Ended, Presence, Stage};
use report::ErrorCode;

fn presence(run: &Run, milliseconds: u64) -> (usize, usize) {
    let Presence { connected, without_media } = run.measurement.presence(run.at(milliseconds));
    (connected, without_media)
}

#[test]
fn a_client_without_a_frame_10_s_after_signalling_has_no_media() {
    let mut run = Run::new(30);
    assert_eq!(presence(&run, 0), (0, 0));
    run.connect(A, 1000);
    run.connect(B, 2000);
    // That its handshakes went well is not enough.
    let at = run.at(1100);
    run.measurement.reached(A, Stage::Dtls, at);
    assert_eq!(presence(&run, 10_999), (2, 0));
    assert_eq!(presence(&run, 11_000), (2, 1));
    assert_eq!(presence(&run, 12_000), (2, 2));
    run.measurement.start_counting(A, run.timestamp(330));
    assert_eq!(presence(&run, 12_000), (2, 2), "counting, and yet no frame");
    run.capture(330, 12_010);
    assert_eq!(presence(&run, 12_010), (2, 1));
    // It had media: what has become of it since is told by the frames.
    run.expire_lost(60_000);
    assert_eq!(presence(&run, 60_000), (2, 1));
}

#[test]
fn whoever_is_gone_is_not_there_and_comes_back_anew() {
    let mut run = Run::new(30);
    run.join(A);
    run.hello(A, "demo-client-0", 0);
    run.capture_all(0..2);
    run.connect(B, 0);
    assert_eq!(presence(&run, 20_000), (2, 1));
    let now = run.at(20_000);
    run.measurement.disconnect(A, Ended::Lost, now);
    run.measurement.disconnect(B, Ended::Bye, now);
    // The one that had no media may come again.
    assert_eq!((presence(&run, 25_000), presence(&run, 25_001)), ((1, 1), (0, 0)));
    // The frames of its earlier session are no media of this one.
    run.connect(C, 20_000);
    run.hello(C, "demo-client-0", 1);
    assert_eq!((presence(&run, 29_999), presence(&run, 30_000)), ((1, 0), (1, 1)));
}

#[test]
fn attempt_after_attempt_is_one_client_without_media() {
    let mut run = Run::new(30);
    for (attempt, id) in [A, B, C].into_iter().enumerate() {
        let start = attempt as u64 * 9000;
        // Always from the same address, and another port.
        let address = format!("10.0.0.9:{}", 5000 + attempt).parse().expect("an address");
        let (now, end) = (run.at(start), run.at(start + 8000));
        run.measurement.connect(id, address, now);
        let in_vain = usize::from(attempt > 0);
        assert_eq!(presence(&run, start + 7999), (1, in_vain));
        run.measurement.disconnect(
            id,
            Ended::Failed { code: ErrorCode::IceFailed, message: "no UDP".into() },
            end,
        );
        assert_eq!(presence(&run, start + 8500), (in_vain, in_vain));
    }
    run.finish(27_000);
    assert_eq!(presence(&run, 27_000), (0, 0));
}
