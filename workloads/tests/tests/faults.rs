//! A check that cannot fail proves nothing: each fault turns the verdict, and for its own reason.

use ballsession_tests::{Client, Finished, Server};
use report::Summary;

/// All that can be asked for, but the frames: those that a test waits for.
const REQUIRED: &str = "error-p95=1,latency-p95=200ms,loss=1,freeze=1s,setup-p95=10s,frames=45";

/// Runs a client with this fault until `enough`, and lets the server judge.
fn judged(
    fault: &[&str],
    required: &str,
    enough: impl Fn(&Summary) -> bool,
) -> (Option<i32>, String, Summary) {
    let server = Server::start(&["--require", required]);
    let client = Client::start("suspect", server.signaling(), &[&["--node", "worker-7"], fault].concat());
    server.eventually("enough frames", |status| enough(status).then_some(()));
    client.stop();
    let Finished { exited, summary } = server.stop();
    let verdict = exited.stdout.iter().find_map(|line| line.strip_prefix("required: "));
    (exited.code, verdict.unwrap_or_else(|| panic!("no verdict: {exited:?}")).to_owned(), summary)
}

/// A client is judged once it was wanted for 5 s.
fn has_enough_frames(status: &Summary) -> bool {
    status.clients.iter().any(|row| row.wanted_seconds >= 5.5)
}

/// Asserts that this is the only thing that is missed, and where.
fn assert_missed(verdict: &str, reason: &str, number: &str, allowed: &str) {
    let begin = format!("{reason}: {number}, {allowed} allowed (suspect on worker-7; cause ");
    let rest = verdict.strip_prefix(&begin).unwrap_or_else(|| panic!("{begin} in {verdict}"));
    assert!(rest.ends_with(')') && !rest.contains(';'), "{verdict}");
}

#[test]
fn an_honest_client_meets_what_is_required() {
    let (code, verdict, _) = judged(&[], REQUIRED, has_enough_frames);
    assert_eq!((code, verdict.as_str()), (Some(0), "Met"));
}

#[test]
fn an_offset_is_an_error_and_nothing_else() {
    let (code, verdict, summary) = judged(&["--fault", "offset=5px"], REQUIRED, has_enough_frames);
    assert_eq!(code, Some(3));
    let error = summary.error_pixels.unwrap();
    assert!((4.5..5.5).contains(&error.p50), "{error:?}");
    assert_missed(
        &verdict,
        "ErrorTooHigh",
        &format!("{} px error p95", summary.clients[0].error_pixels.unwrap().p95),
        "1 px",
    );
}

#[test]
fn dropped_reports_are_loss_and_nothing_else() {
    let (code, verdict, summary) = judged(&["--fault", "drop=20%@7"], REQUIRED, |status| {
        status.frames.lost >= 5 && has_enough_frames(status)
    });
    assert_eq!(code, Some(3));
    let lost = summary.loss_percent.unwrap();
    // What a client does not report it does not repeat either.
    assert!((8.0..35.0).contains(&lost), "{:?}", summary.frames);
    assert_missed(&verdict, "LossTooHigh", &format!("{lost} % lost"), "1 %");
}

#[test]
fn a_delay_is_latency_and_nothing_else() {
    let (code, verdict, summary) = judged(&["--fault", "delay=300ms"], REQUIRED, has_enough_frames);
    assert_eq!(code, Some(3));
    let latency = summary.latency_milliseconds.unwrap();
    assert!(latency.p50 >= 300.0, "{latency:?}");
    assert_missed(
        &verdict,
        "LatencyTooHigh",
        &format!("{} ms latency p95", summary.clients[0].latency_milliseconds.unwrap().p95),
        "200 ms",
    );
}

#[test]
fn a_freeze_is_one_and_what_was_frozen_is_lost() {
    let thawed = |status: &Summary| status.freezes.is_some_and(|freezes| freezes.count > 0);
    let (code, verdict, summary) = judged(&["--fault", "freeze=1500ms"], REQUIRED, thawed);
    assert_eq!(code, Some(3));
    let freezes = summary.freezes.unwrap();
    assert!(freezes.count >= 1 && freezes.longest_milliseconds >= 1400.0, "{freezes:?}");
    let longest = freezes.longest_milliseconds;
    let frozen =
        format!("; FreezeTooLong: {longest} ms longest freeze, 1000 ms allowed (suspect on worker-7; ");
    assert!(verdict.starts_with("LossTooHigh: ") && verdict.contains(&frozen), "{verdict}");
}

#[test]
fn too_little_data_is_never_good_enough() {
    let server = Server::start(&["--require", "loss=1", "--duration", "100ms"]).finish();
    assert_eq!(server.exited.code, Some(3), "{:?}", server.exited);
    let none = "required: NoClients: no client is to be there";
    assert!(server.exited.stdout.iter().any(|line| line == none), "{:?}", server.exited);

    let (code, verdict, summary) = judged(&[], "loss=1", |status| status.frames.settled() >= 10);
    assert_eq!(code, Some(3));
    let few = summary.frames.sent;
    assert_eq!(verdict, format!("InsufficientSamples: the fate of {few} frames is known, 300 are needed"));
}
