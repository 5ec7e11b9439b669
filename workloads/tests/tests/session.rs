//! What a session is for: every frame arrives, is found, and is paired with the truth.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use ballsession_tests::{Client, Finished, Server, assert_perfect};
use report::{ClientSummary, ErrorPixels, Pairing, State, Summary};

/// Runs one client to the end of its `seconds`, then the server to its own.
fn session(seconds: &str, server: &[&str], client: &[&str]) -> (Finished<Summary>, Finished<ClientSummary>) {
    let server = Server::start(server);
    let client =
        Client::start("ball-watcher", server.signaling(), &[&["--duration", seconds], client].concat());
    let client = client.finish();
    assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
    let server = server.stop();
    assert_eq!(server.exited.code, Some(0), "{:?}", server.exited);
    (server, client)
}

#[test]
fn every_frame_is_matched_to_a_hundredth_of_a_pixel() {
    let (server, client) = session("6s", &["--window", "5s"], &["--node", "worker-7"]);
    let summary = &server.summary;
    assert_perfect(&summary.frames);
    assert_captured(summary, 170);
    assert_eq!(summary.loss_percent, Some(0.0));
    assert_close(summary.error_pixels, 0.01);
    // Of the last seconds only: after its first keyframe a stream is coarse for some frames.
    let error = summary.recent.error_pixels.unwrap();
    assert!(error.mean <= 0.01 && error.p50 <= error.p95 && error.p95 <= 0.02, "{error:?}");
    assert!((1..summary.frames.matched).contains(&summary.recent.frames.matched), "{:?}", summary.recent);
    let latency = summary.latency_milliseconds.unwrap();
    assert!(0.0 < latency.p50 && latency.p50 <= latency.p95 && latency.p95 <= latency.max, "{latency:?}");
    assert_eq!(summary.errors, []);
    assert_eq!((summary.video.width, summary.video.height, summary.video.frames_per_second), (640, 480, 30));

    let [row] = &summary.clients[..] else { panic!("{:?}", summary.clients) };
    assert_eq!((row.id.as_str(), row.node.as_deref()), ("ball-watcher", Some("worker-7")));
    assert_eq!((row.pairing, row.state, row.reconnects), (Pairing::Rtp, State::Ended, 0));
    assert_eq!(row.frames, summary.frames);
    let setup = row.setup_milliseconds;
    let stages =
        [setup.signaling, setup.ice, setup.dtls, setup.first_frame, setup.first_report].map(Option::unwrap);
    assert!(stages.is_sorted(), "{setup:?}");
    let seen = client.summary.frames;
    assert_eq!((seen.received, seen.undetected, seen.undecodable), (seen.detected, 0, 0), "{seen:?}");
    assert!(seen.detected >= summary.frames.matched, "{seen:?}");
    assert_eq!((client.summary.state, &client.summary.errors[..]), (State::Ended, &[][..]));
}

/// Asserts that at least so many frames were captured for each client. What a busy machine skips, it has to own up to.
fn assert_captured(summary: &Summary, frames: u64) {
    for row in &summary.clients {
        assert!(row.frames.sent + summary.video.skipped_frames >= frames, "{row:?} {:?}", summary.video);
    }
}

/// Asserts that half of the errors are below `median`, and that none is so large that another frame must be meant.
fn assert_close(errors: Option<ErrorPixels>, median: f64) {
    let errors = errors.unwrap();
    assert!(0.0 < errors.p50 && errors.p50 <= median && errors.max < 1.0, "{errors:?}");
}

/// A short run in another configuration.
fn odd(seconds: &str, frames: u64, median_error: f64, server: &[&str], client: &[&str]) {
    let summary = session(seconds, server, client).0.summary;
    assert_perfect(&summary.frames);
    assert_captured(&summary, frames);
    assert_close(summary.error_pixels, median_error);
    // A run that is shorter than the window is all recent.
    assert_eq!(summary.recent.frames, summary.frames);
}

#[test]
fn the_smallest_picture_with_the_smallest_ball() {
    odd("2s", 50, 0.03, &["--width", "64", "--height", "64", "--radius", "4", "--speed", "60"], &[]);
}

#[test]
fn the_largest_picture() {
    odd("2s", 50, 0.02, &["--width", "1920", "--height", "1080", "--bitrate-kbps", "4000"], &[]);
}

#[test]
fn a_ball_that_rests() {
    odd("2s", 50, 0.02, &["--speed", "0"], &[]);
}

#[test]
fn a_textured_background() {
    odd("2s", 50, 0.02, &["--background", "textured"], &[]);
}

#[test]
fn many_frames_a_second() {
    odd(
        "2s",
        100,
        0.01,
        &["--width", "1280", "--height", "720", "--fps", "60", "--bitrate-kbps", "3000"],
        &[],
    );
}

#[test]
fn few_frames_a_second() {
    odd("3s", 18, 0.01, &["--fps", "7"], &[]);
}

#[test]
fn the_simpler_detector() {
    odd("2s", 50, 0.1, &[], &["--detector", "contour"]);
}

#[test]
fn eight_clients_at_once_see_the_same() {
    let server = Server::start(&[]);
    let name = |number| format!("client-{number}");
    let clients: Vec<_> =
        (0..8).map(|n| Client::start(&name(n), server.signaling(), &["--duration", "4s"])).collect();
    for client in clients {
        let ended = client.finish();
        assert_eq!(ended.exited.code, Some(0), "{:?}", ended.exited);
    }
    let summary = server.stop().summary;
    let mut ids: Vec<_> = summary.clients.iter().map(|row| row.id.clone()).collect();
    ids.sort();
    assert_eq!(ids, (0..8).map(name).collect::<Vec<_>>());
    assert_captured(&summary, 110);
    for row in &summary.clients {
        assert_perfect(&row.frames);
        assert_eq!((row.pairing, row.state), (Pairing::Rtp, State::Ended));
        assert_close(row.error_pixels, 0.01);
        assert!(row.setup_milliseconds.first_report.is_some(), "{row:?}");
    }
    assert_eq!(summary.frames.matched, summary.clients.iter().map(|row| row.frames.matched).sum::<u64>());
    assert_eq!(summary.errors, []);
}

#[test]
fn a_session_takes_little_memory() {
    let server = Server::start(&[]);
    let client = Client::start("small", server.signaling(), &[]);
    server.matched("small", 60);
    let (server, client) = (server.process().resident_kilobytes(), client.process().resident_kilobytes());
    assert!(server <= 40 * 1024 && client <= 30 * 1024, "server {server} kB, client {client} kB");
}
