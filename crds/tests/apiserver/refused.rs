//! What the API server refuses, and in which words.

use serde_json::{Value, json};

use cluster::{client, dry_run};

const NAME: &str = "metadata.name becomes part of Service and pod names: it must be at most 40 characters of a-z, 0-9 and '-', \
                    start with a letter and end with a letter or digit";
const TOO_LARGE: &str = "spec.ball.radiusPixels: Invalid value: the ball is too large for the picture: 2 * radiusPixels + 8 must be \
                         at most spec.video.width and spec.video.height";

#[tokio::test]
async fn bad_values_are_refused_with_their_place_and_what_is_allowed() {
    let Some(client) = client("bad_values_are_refused_with_their_place_and_what_is_allowed").await else {
        return;
    };
    let nine = vec!["drop=1%"; 9];
    let mut unlike = Vec::new();
    for (spec, message) in [
        (
            json!({"clients": -1}),
            "spec.clients: Invalid value: -1: spec.clients in body should be greater than or equal to 0",
        ),
        (
            json!({"clients": 101}),
            "spec.clients: Invalid value: 101: spec.clients in body should be less than or equal to 100",
        ),
        (
            json!({"clients": 1000}),
            "spec.clients: Invalid value: 1000: spec.clients in body should be less than or equal to 100",
        ),
        (
            json!({"clients": 1.5}),
            "spec.clients: Invalid value: \"number\": spec.clients in body must be of type integer",
        ),
        (json!({"duration": "soon"}), "spec.duration in body should match"),
        (json!({"duration": "soon"}), "must be a duration from 5s to 168h, written like 1h30m, 45s or 150ms"),
        (
            json!({"duration": "2 weeks"}),
            "must be a duration from 5s to 168h, written like 1h30m, 45s or 150ms",
        ),
        (json!({"duration": "4999ms"}), "must be a duration from 5s to 168h"),
        (json!({"duration": "168h1s"}), "must be a duration from 5s to 168h"),
        (json!({"duration": "99999999999999h"}), "must be a duration from 5s to 168h"),
        (json!({"duration": "0.00000000000001h"}), "may not be more than 16"),
        (json!({"startDeadline": "9s"}), "must be a duration from 10s to 168h"),
        (json!({"startDeadline": "soon"}), "spec.startDeadline in body should match"),
        (json!({"ttlAfterFinished": "0s"}), "must be a duration from 1s to 8760h"),
        (json!({"run": "-a"}), "spec.run in body should match"),
        (json!({"run": "a".repeat(64)}), "may not be more than 63"),
        (json!({"drill": {"after": "4s"}}), "must be a duration from 5s to 24h"),
        (json!({"drill": {"after": "soon"}}), "spec.drill.after in body should match"),
        (
            json!({"drill": {"kind": "PullThePlug"}}),
            "Unsupported value: \"PullThePlug\": supported values: \"RestartServer\"",
        ),
        (
            json!({"drill": {}, "duration": "30s"}),
            "spec.drill.after: Invalid value: spec.drill.after must be shorter than spec.duration",
        ),
        (json!({"objectives": {"recovery": "1ms"}}), "must be a duration from 10ms to 1h"),
        (json!({"duration": 300}), "spec.duration in body must be of type string"),
        (
            json!({"placement": "Nearby"}),
            "Unsupported value: \"Nearby\": supported values: \"Spread\", \"CrossNode\", \"SameNode\", \"Any\"",
        ),
        (
            json!({"networkPolicy": "Maybe"}),
            "Unsupported value: \"Maybe\": supported values: \"None\", \"Isolated\"",
        ),
        (video("width", 7), "spec.video.width in body should be greater than or equal to 64"),
        (video("width", 641), "spec.video.width in body should be a multiple of 2"),
        (video("width", 1922), "spec.video.width in body should be less than or equal to 1920"),
        (video("height", 62), "spec.video.height in body should be greater than or equal to 64"),
        (video("height", 481), "spec.video.height in body should be a multiple of 2"),
        (video("height", 1082), "spec.video.height in body should be less than or equal to 1080"),
        (
            video("framesPerSecond", 4),
            "spec.video.framesPerSecond in body should be greater than or equal to 5",
        ),
        (
            video("framesPerSecond", 61),
            "spec.video.framesPerSecond in body should be less than or equal to 60",
        ),
        (video("packetBytes", 199), "spec.video.packetBytes in body should be greater than or equal to 200"),
        (video("packetBytes", 8901), "spec.video.packetBytes in body should be less than or equal to 8900"),
        (video("bitrateKbps", 49), "spec.video.bitrateKbps in body should be greater than or equal to 50"),
        (
            video("bitrateKbps", 20_001),
            "spec.video.bitrateKbps in body should be less than or equal to 20000",
        ),
        (ball("radiusPixels", 3), "spec.ball.radiusPixels in body should be greater than or equal to 4"),
        (ball("radiusPixels", 201), "spec.ball.radiusPixels in body should be less than or equal to 200"),
        (
            ball("speedPixelsPerSecond", -1),
            "spec.ball.speedPixelsPerSecond in body should be greater than or equal to 0",
        ),
        (
            ball("speedPixelsPerSecond", 5001),
            "spec.ball.speedPixelsPerSecond in body should be less than or equal to 5000",
        ),
        (json!({"video": {"width": 64}, "ball": {"radiusPixels": 29}}), TOO_LARGE),
        (json!({"video": {"height": 64}, "ball": {"radiusPixels": 29}}), TOO_LARGE),
        (objective("window", json!("4s")), "must be a duration from 5s to 1h"),
        (objective("window", json!("61m")), "must be a duration from 5s to 1h"),
        (objective("errorPixelsP95", json!("abc")), "spec.objectives.errorPixelsP95 in body should match"),
        (
            objective("errorPixelsP95", json!("abc")),
            "must be a number from 0 to 2500 in quotes with at most 3 decimals, such as",
        ),
        (objective("errorPixelsP95", json!("-1")), "spec.objectives.errorPixelsP95 in body should match"),
        (objective("errorPixelsP95", json!("2500.001")), "must be a number from 0 to 2500"),
        (objective("errorPixelsP95", json!("1e3")), "spec.objectives.errorPixelsP95 in body should match"),
        (objective("lossPercent", json!("abc")), "must be a number from 0 to 100 in quotes"),
        (objective("lossPercent", json!("100.1")), "must be a number from 0 to 100 in quotes"),
        (objective("undetectedPercent", json!("100.1")), "must be a number from 0 to 100 in quotes"),
        (objective("deliveredPercent", json!("-1")), "spec.objectives.deliveredPercent in body should match"),
        (objective("lossPercent", json!(1)), "spec.objectives.lossPercent in body must be of type string"),
        (objective("latencyP95", json!("0ms")), "must be a duration from 1ms to 1s"),
        (objective("latencyP95", json!("1001ms")), "must be a duration from 1ms to 1s"),
        (objective("latencyP95", json!("abc")), "must be a duration from 1ms to 1s"),
        (objective("longestFreeze", json!("9ms")), "must be a duration from 10ms to 1h"),
        (objective("longestFreeze", json!("61m")), "must be a duration from 10ms to 1h"),
        (objective("setupP95", json!("9ms")), "must be a duration from 10ms to 1h"),
        (objective("setupP95", json!("61m")), "must be a duration from 10ms to 1h"),
        (
            objective("minimumFrames", json!(0)),
            "spec.objectives.minimumFrames in body should be greater than or equal to 1",
        ),
        (
            objective("minimumFrames", json!(10_000_001)),
            "spec.objectives.minimumFrames in body should be less than or equal to",
        ),
        (
            client_pod("imagePullPolicy", json!("Sometimes")),
            "supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        ),
        (client_pod("image", json!("")), "spec.client.image in body should be at least 1 chars long"),
        (
            client_pod("podLabels", json!({"app.kubernetes.io/name": "x"})),
            "are set by the operator: choose others",
        ),
        (
            client_pod("podLabels", json!({"ballsession.dev/x": "x"})),
            "are set by the operator: choose others",
        ),
        (client_pod("podLabels", json!({"a b": "x"})), "keys must be names such as team or example.com/team"),
        (client_pod("podLabels", json!({"team": "a b"})), "spec.client.podLabels.team in body should match"),
        (
            client_pod("podAnnotations", json!({"a b": "x"})),
            "keys must be names such as team or example.com/team",
        ),
        (
            client_pod("podAnnotations", json!({"ballsession.dev/run": "x"})),
            "annotations that begin with ballsession.dev/ are set by the operator: choose others",
        ),
        (
            client_pod("nodeSelector", json!({"a b": "x"})),
            "keys must be names such as team or example.com/team",
        ),
        (
            client_pod("faults", json!(["lie"])),
            "spec.client.faults[0]: Invalid value: \"lie\": must be offset=<0 to 9999>px",
        ),
        (client_pod("faults", json!(["drop=101%"])), "must be offset=<0 to 9999>px"),
        (
            json!({"path": "Tunnel"}),
            "supported values: \"PodIP\", \"ClusterIP\", \"NodePort\", \"LoadBalancer\", \"Relay\"",
        ),
        (json!({"ipFamily": "IPv5"}), "supported values: \"IPv4\", \"IPv6\""),
        (
            json!({"path": "Relay"}),
            "spec.relay: Invalid value: relay must be set with spec.path Relay, and with no other",
        ),
        (
            json!({"path": "NodePort", "relay": {"uri": "turn:a", "secretName": "a"}}),
            "spec.relay: Invalid value: relay must be set with spec.path Relay, and with no other",
        ),
        (relay("turns:relay.test", "a"), "spec.relay.uri in body should match"),
        (relay("turn:relay.test?transport=tcp", "a"), "spec.relay.uri in body should match"),
        (relay("turn:2001:db8::1", "a"), "spec.relay.uri in body should match"),
        (relay("turn:relay.test", "A b"), "spec.relay.secretName in body should match"),
        (client_pod("faults", json!(["delay=1h"])), "must be offset=<0 to 9999>px"),
        (client_pod("faults", json!(nine)), "spec.client.faults: Too many: 9: must have at most 8 items"),
    ] {
        let refusal = dry_run(&client, "demo", &spec).await.expect_err(&spec.to_string());
        if !refusal.contains(message) {
            unlike.push(format!("{spec} is refused with:\n{refusal}\nbut not with:\n{message}"));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n\n"));
}

#[tokio::test]
async fn bad_names_are_refused_with_what_they_are_for() {
    let Some(client) = client("bad_names_are_refused_with_what_they_are_for").await else { return };
    for name in ["a.b", "1demo", &"n".repeat(41), &"n".repeat(60)] {
        let refusal = dry_run(&client, name, &json!({})).await.expect_err(name);
        assert!(refusal.contains(NAME), "{name}: {refusal}");
    }
}

fn relay(uri: &str, secret: &str) -> Value {
    json!({"path": "Relay", "relay": {"uri": uri, "secretName": secret}})
}

fn video(field: &str, value: i32) -> Value {
    json!({"video": {field: value}})
}

fn ball(field: &str, value: i32) -> Value {
    json!({"ball": {field: value}})
}

#[allow(clippy::needless_pass_by_value)] // Reads better in the table.
fn objective(field: &str, value: Value) -> Value {
    json!({"objectives": {field: value}})
}

#[allow(clippy::needless_pass_by_value)] // Reads better in the table.
fn client_pod(field: &str, value: Value) -> Value {
    json!({"client": {field: value}})
}
