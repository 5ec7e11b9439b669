//! Rows: who is who across reconnects, and what remains of those that went.

use std::net::SocketAddr;

use crate::run::{A, B, C, Run, sum};
use ballsession_measure::{Ended, MessageOutcome, SessionId, Stage};
use report::{ErrorCode, Frames, SetupQuantiles, SetupTimeline, State};

#[test]
fn a_row_has_the_address_until_the_hello() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..2);
    run.see(A, 0, 10);
    assert_eq!(run.row("10.0.0.1:5000").frames.matched, 1);
    assert_eq!(run.hello(A, "demo-client-0", 0), MessageOutcome::Hello);
    assert_eq!(run.measurement.client(A), Some("demo-client-0"));
    let row = run.row("demo-client-0");
    assert_eq!((row.frames.sent, row.frames.matched, row.state), (2, 1, State::Connected));
    assert_eq!(run.summary(0).clients.len(), 1);
}

#[test]
fn a_reconnect_adds_to_its_row() {
    let mut run = Run::new(30);
    run.join(A);
    run.hello(A, "demo-client-0", 0);
    run.capture_all(0..3);
    run.see(A, 0, 10);
    let now = run.at(100);
    run.measurement.disconnect(A, Ended::Lost, now);
    run.connect(B, 100);
    run.measurement.start_counting(B, run.timestamp(3));
    run.capture_all(3..6);
    // Unordered channel: a report before the hello, and one of the old session after it.
    run.see(B, 3, 110);
    run.hello(B, "demo-client-0", 1);
    run.see(A, 1, 120);
    run.see(B, 4, 140);
    let row = run.row("demo-client-0");
    assert_eq!(row.frames, Frames { sent: 6, pending: 2, matched: 4, ..Frames::default() });
    assert_eq!((row.reconnects, row.state), (1, State::Connected));
    assert_eq!(row.setup_milliseconds.first_report, Some(10.0));
    let summary = run.summary(200);
    assert_eq!(summary.clients.len(), 1);
    assert_eq!(summary.frames, row.frames);
}

#[test]
fn an_id_that_is_connected_gets_a_number() {
    let mut run = Run::new(30);
    for id in [A, B, C] {
        run.join(id);
        run.hello(id, "twin", 0);
    }
    assert_eq!(run.measurement.client(B), Some("twin (2)"));
    assert_eq!(run.measurement.client(C), Some("twin (3)"));
    let now = run.at(10);
    run.measurement.disconnect(B, Ended::Bye, now);
    run.connect(SessionId(4), 20);
    run.hello(SessionId(4), "twin", 0);
    assert_eq!(run.measurement.client(SessionId(4)), Some("twin (2)"));
    assert_eq!(run.summary(0).clients.len(), 3);
}

#[test]
fn a_second_hello_changes_nothing() {
    let mut run = Run::new(30);
    run.join(A);
    run.hello(A, "one", 0);
    assert_eq!(run.hello(A, "one", 0), MessageOutcome::Hello);
    assert!(matches!(run.hello(A, "two", 0), MessageOutcome::Malformed(_)));
    assert_eq!(run.measurement.client(A), Some("one"));
}

#[test]
fn of_gone_clients_16_rows_stay_and_the_totals_keep_all() {
    let mut run = Run::new(30);
    run.join(A);
    for client in 0..40u64 {
        let id = SessionId(100 + client);
        run.connect(id, 0);
        run.hello(id, &format!("client-{client}"), 0);
        run.measurement.start_counting(id, run.timestamp(client));
        run.capture(client, client * 33);
        run.see(id, client, client * 33 + 3);
        let now = run.at(client * 33 + 5);
        run.measurement.disconnect(id, Ended::Bye, now);
    }
    // A port scan that never gets a frame takes the place of no client that did.
    for probe in 0..40u64 {
        run.connect(SessionId(200 + probe), 0);
        let now = run.at(2000);
        run.measurement.disconnect(SessionId(200 + probe), Ended::Bye, now);
    }
    let summary = run.summary(2000);
    let names: Vec<_> = summary.clients.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(names.len(), 17);
    assert_eq!((names[0], names[1], names[16]), ("10.0.0.1:5000", "client-24", "client-39"));
    assert_eq!(summary.frames, Frames { sent: 80, pending: 40, matched: 40, ..Frames::default() });
    assert_eq!(sum(&summary.clients).matched, 16);
}

#[test]
fn frames_of_a_client_without_a_row_still_get_their_fate() {
    let mut run = Run::new(30);
    for client in 0..30u64 {
        let id = SessionId(client);
        run.connect(id, 0);
        run.measurement.start_counting(id, run.timestamp(client));
        run.capture(client, client * 33);
        let now = run.at(client * 33);
        run.measurement.disconnect(id, Ended::Lost, now);
    }
    assert!(matches!(run.see(SessionId(0), 0, 990), MessageOutcome::Matched { .. }));
    run.expire_lost(5000);
    assert_eq!(run.summary(5000).frames, Frames { sent: 30, matched: 1, lost: 29, ..Frames::default() });
}

#[test]
fn setup_times_count_from_accepted_signalling() {
    let mut run = Run::new(30);
    run.connect(A, 1000);
    for (stage, milliseconds) in [
        (Stage::Signaling, 1001),
        (Stage::Ice, 1025),
        (Stage::Dtls, 1030),
        (Stage::FirstFrame, 1052),
        (Stage::Ice, 9000),
    ] {
        let at = run.at(milliseconds);
        run.measurement.reached(A, stage, at);
    }
    assert_eq!(run.row("10.0.0.1:5000").state, State::Connected);
    run.measurement.start_counting(A, run.timestamp(31));
    run.capture(31, 1054);
    run.capture(32, 1087);
    run.see(A, 31, 1060);
    run.see(A, 32, 1090);
    let summary = run.summary(1060);
    let timeline = SetupTimeline {
        signaling: Some(1.0),
        ice: Some(25.0),
        dtls: Some(30.0),
        first_frame: Some(52.0),
        first_report: Some(60.0),
    };
    assert_eq!(summary.clients[0].setup_milliseconds, timeline);
    assert_eq!(summary.setup_milliseconds, Some(SetupQuantiles { p50: 60.0, p95: 60.0 }));
}

#[test]
fn a_failed_session_says_where() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    let now = run.at(10_000);
    run.measurement.disconnect(
        A,
        Ended::Failed { code: ErrorCode::IceFailed, message: "no UDP in 10 s".into() },
        now,
    );
    run.measurement.disconnect(A, Ended::Lost, now);
    run.measurement.error(None, ErrorCode::SignalingFailed, "garbage\nfrom 10.0.0.9", now);
    let summary = run.summary(10_000);
    assert_eq!(summary.clients[0].state, State::Failed);
    let errors: Vec<_> = summary.errors.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(errors, ["garbage\\nfrom 10.0.0.9", "10.0.0.1:5000: no UDP in 10 s"]);
}

/// O21: there was a row for each attempt.
#[test]
fn all_attempts_of_a_client_that_never_said_its_name_have_one_row() {
    let mut run = Run::new(30);
    let failed = || Ended::Failed { code: ErrorCode::IceFailed, message: "no UDP".into() };
    for attempt in 0..5 {
        let at = u64::from(attempt) * 10_000;
        let peer = SocketAddr::from(([10, 0, 0, 1], 5000 + attempt));
        let id = SessionId(100 + u64::from(attempt));
        run.measurement.connect(id, peer, run.at(at));
        run.measurement.disconnect(id, failed(), run.at(at + 8_000));
    }
    let rows = run.summary(50_000).clients;
    let names: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(names, ["10.0.0.1:5004"], "the last one's");
}

#[test]
fn the_latest_position_is_that_of_the_latest_frame() {
    let mut run = Run::new(30);
    run.join(A);
    run.join(B);
    run.capture_all(0..3);
    run.see(A, 2, 80);
    run.see(A, 1, 90);
    run.see(B, 1, 90);
    let now = run.at(100);
    run.measurement.disconnect(B, Ended::Bye, now);
    let latest: Vec<_> = run.measurement.latest(now).collect();
    assert_eq!(latest.len(), 1);
    assert_eq!(
        (latest[0].client, latest[0].truth, latest[0].error_pixels),
        ("10.0.0.1:5000", Run::truth(2), 5.0)
    );
    assert_eq!(run.measurement.latest(run.at(2081)).count(), 0, "reported too long ago");
}

#[test]
fn after_the_end_nothing_changes() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..3);
    run.see(A, 0, 10);
    run.finish(1000);
    let summary = run.summary(1000);
    assert_eq!(summary.frames, Frames { sent: 3, matched: 1, lost: 2, ..Frames::default() });
    run.capture_all(3..9);
    run.connect(B, 2000);
    assert_eq!(run.see(A, 1, 2000), MessageOutcome::UnknownSession);
    run.finish(3000);
    assert_eq!(run.summary(9000), summary);
}
