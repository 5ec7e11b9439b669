//! What HTTP says of running programs, and what they are linked to.

use std::path::PathBuf;
use std::process::Command;

use ballsession_tests::{Client, Server, binary, eventually, private_address};
use report::{ErrorCode, State};

/// The value of a metric's line that begins with `name`.
fn metric(exposition: &str, name: &str) -> Option<f64> {
    let line = exposition.lines().find_map(|line| line.strip_prefix(name));
    line.map(|value| value.trim().parse().unwrap_or_else(|error| panic!("{name}{value}: {error}")))
}

#[test]
fn a_server_is_healthy_and_ready_and_shows_its_numbers() {
    let server = Server::start(&[]);
    assert_eq!((server.get("/healthz").code, server.get("/readyz").code), (200, 200));
    let before = server.get("/metrics").body;
    assert_eq!(metric(&before, "ballsession_frames_total{fate=\"matched\"}"), Some(0.0), "{before}");
    let _client = Client::start("watched", server.signaling(), &[]);
    server.matched("watched", 15);

    assert_eq!((server.get("/healthz").code, server.get("/readyz").code), (200, 200));
    let status = server.get("/status");
    assert_eq!((status.code, status.content_type.as_str()), (200, "application/json"));
    let status = server.status();
    assert!(status.frames.matched >= 15 && status.clients[0].state == State::Connected, "{status:?}");

    // What is recent ends 3 s ago.
    let metrics = eventually("recent numbers", || {
        let metrics = server.get("/metrics");
        metrics.body.contains("\nballsession_recent_error_pixels{").then_some(metrics)
    });
    assert!(metrics.content_type.starts_with("text/plain; version=0.0.4"), "{metrics:?}");
    assert!(metrics.body.contains("\n# TYPE ballsession_frames_total counter\n"), "{}", metrics.body);
    let open_metrics = server.open_metrics();
    assert!(open_metrics.content_type.starts_with("application/openmetrics-text"), "{open_metrics:?}");
    assert!(open_metrics.body.ends_with("# EOF\n"), "{}", open_metrics.body);
    let value =
        |name: &str| metric(&metrics.body, name).unwrap_or_else(|| panic!("{name} in {}", metrics.body));
    assert!(value("ballsession_frames_total{fate=\"matched\"}") >= 15.0);
    assert_eq!(value("ballsession_frames_total{fate=\"lost\"}"), 0.0);
    assert_eq!(value("ballsession_sessions"), 1.0);
    // Of so few frames the 95th percentile is the worst: the first ones after a keyframe are coarse.
    assert!((0.0..0.5).contains(&value("ballsession_recent_error_pixels{percentile=\"95\"}")));
    assert!(value("ballsession_recent_latency_seconds{percentile=\"50\"}") > 0.0);
    let matched = value("ballsession_frames_total{fate=\"matched\"}");
    for name in ["ballsession_error_pixels", "ballsession_latency_seconds"] {
        assert_eq!(value(&format!("{name}_count")), matched);
        assert_eq!(value(&format!("{name}_bucket{{le=\"+Inf\"}}")), matched);
        assert!(value(&format!("{name}_sum")) > 0.0);
    }
    // Labels must not grow with the number of clients.
    assert!(!metrics.body.contains("watched"), "{}", metrics.body);
    assert_eq!(server.get("/nothing").code, 404);
}

#[test]
fn a_client_is_healthy_always_and_ready_while_it_sees_the_ball() {
    let address = private_address();
    let client = Client::start("watcher", address, &["--reconnect"]);
    client.eventually("the first failure", |status| (!status.errors.is_empty()).then_some(()));
    let waiting = client.get("/readyz");
    assert_eq!((client.get("/healthz").code, waiting.code), (200, 503));
    assert!(
        waiting.body.contains("ConnectFailed") && waiting.body.contains(&address.to_string()),
        "{waiting:?}"
    );
    let status = client.status();
    assert_eq!((status.state, status.errors[0].code), (State::Connecting, ErrorCode::ConnectFailed));

    let server = Server::start_on(address, &[]);
    eventually("the client is ready", || (client.get("/readyz").code == 200).then_some(()));
    client.eventually("frames", |status| (status.frames.detected >= 15).then_some(()));
    let metrics = client.get("/metrics").body;
    let value = |name: &str| metric(&metrics, name).unwrap_or_else(|| panic!("{name} in {metrics}"));
    assert!(value("ballsession_client_frames_total{fate=\"detected\"}") >= 15.0);
    assert!(value("ballsession_client_errors_total{code=\"ConnectFailed\"}") >= 1.0);
    assert_eq!(value("ballsession_client_reconnects_total"), 0.0);
    // While the session runs, and not at its end.
    eventually("W3C's counters", || {
        let metrics = client.get("/metrics").body;
        let value = |name: &str| metric(&metrics, name).unwrap_or_else(|| panic!("{name} in {metrics}"));
        let names = ["client_packets_received_total", "client_frames_decoded_total"];
        let is_counted = names.iter().all(|name| value(&format!("ballsession_{name}")) >= 15.0);
        (is_counted && value("ballsession_client_since_decoded_seconds") < 5.0).then_some(())
    });

    server.kill();
    eventually("the client is not ready", || (client.get("/readyz").code == 503).then_some(()));
    assert_eq!(client.get("/healthz").code, 200);
}

#[test]
fn only_the_client_is_linked_to_opencv() {
    let libraries = |program: PathBuf| {
        let listed = Command::new("ldd").arg(&program).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains("libc.so"), "{listed}");
        listed
    };
    assert!(libraries(binary("ballsession-client")).contains("libopencv_imgproc"));
    let server = libraries(binary("ballsession-server"));
    assert!(!server.contains("opencv"), "{server}");
}
