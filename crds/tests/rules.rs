//! The rules of the schema, evaluated without an API server.

use ballsession_crds::{
    Ball, BallSession, BallSessionSpec, ClientSettings, Drill, MediaPath, Objectives, PodIdentity,
    PodSettings, Relay, SeccompProfile, SeccompType, Variable, Video,
};
use kube::core::cel::validate_cel;

/// Why the rules refuse a session, if they do.
fn refusal(name: &str, spec: BallSessionSpec) -> Option<String> {
    validate_cel(&BallSession::new(name, spec)).err().map(|errors| errors.to_string())
}

fn with_duration(duration: &str) -> BallSessionSpec {
    BallSessionSpec { duration: Some(duration.into()), ..BallSessionSpec::default() }
}

fn with_loss(loss: &str) -> BallSessionSpec {
    let objectives = Objectives { loss_percent: loss.into(), ..Objectives::default() };
    BallSessionSpec { objectives, ..BallSessionSpec::default() }
}

fn with_delivered(delivered: &str) -> BallSessionSpec {
    let objectives = Objectives { delivered_percent: delivered.into(), ..Objectives::default() };
    BallSessionSpec { objectives, ..BallSessionSpec::default() }
}

fn with_undetected(undetected: &str) -> BallSessionSpec {
    let objectives = Objectives { undetected_percent: undetected.into(), ..Objectives::default() };
    BallSessionSpec { objectives, ..BallSessionSpec::default() }
}

fn with_fault(fault: &str) -> BallSessionSpec {
    let client = ClientSettings { faults: vec![fault.into()], ..ClientSettings::default() };
    BallSessionSpec { client, ..BallSessionSpec::default() }
}

fn with_drill(after: &str, duration: Option<&str>) -> BallSessionSpec {
    let drill = Drill { after: after.into(), ..Drill::default() };
    BallSessionSpec {
        drill: Some(drill),
        duration: duration.map(str::to_owned),
        ..BallSessionSpec::default()
    }
}

fn with_recovery(recovery: &str) -> BallSessionSpec {
    let objectives = Objectives { recovery: Some(recovery.into()), ..Objectives::default() };
    BallSessionSpec { objectives, ..BallSessionSpec::default() }
}

fn with_pod_label(key: &str) -> BallSessionSpec {
    let server = PodSettings { pod_labels: [(key.into(), "x".into())].into(), ..PodSettings::default() };
    BallSessionSpec { server, ..BallSessionSpec::default() }
}

fn with_variable(name: &str) -> BallSessionSpec {
    let variable = Variable { name: name.into(), value: "x".into() };
    let server = PodSettings { env: vec![variable], ..PodSettings::default() };
    BallSessionSpec { server, ..BallSessionSpec::default() }
}

fn with_profile(type_: SeccompType, file: Option<&str>) -> BallSessionSpec {
    let profile = SeccompProfile { type_, localhost_profile: file.map(str::to_owned) };
    let security_context = PodIdentity { seccomp_profile: Some(profile), ..PodIdentity::default() };
    let server = PodSettings { security_context, ..PodSettings::default() };
    BallSessionSpec { server, ..BallSessionSpec::default() }
}

fn with_path(path: MediaPath, uri: Option<&str>) -> BallSessionSpec {
    let relay = uri.map(|uri| Relay { uri: uri.into(), secret_name: "harbor-relay".into() });
    BallSessionSpec { path, relay, ..BallSessionSpec::default() }
}

fn with_radius(radius_pixels: i32) -> BallSessionSpec {
    let video = Video { width: 64, ..Video::default() };
    BallSessionSpec { ball: Ball { radius_pixels, ..Ball::default() }, video, ..BallSessionSpec::default() }
}

#[test]
fn what_is_allowed_passes() {
    for name in ["a", "demo-2", &"n".repeat(40)] {
        assert_eq!(refusal(name, BallSessionSpec::default()), None, "{name}");
    }
    for spec in [
        with_duration("5s"),
        with_duration("168h"),
        with_duration("1h30m0.5s"),
        with_loss("0"),
        with_loss("100.000"),
        with_delivered("99.5"),
        with_undetected("0"),
        with_fault("offset=0.5px@7"),
        with_fault("drop=100%"),
        with_pod_label("team"),
        with_variable("HTTPS_PROXY"),
        with_profile(SeccompType::RuntimeDefault, None),
        with_profile(SeccompType::Localhost, Some("media.json")),
        with_radius(28),
        with_path(MediaPath::NodePort, None),
        with_path(MediaPath::Relay, Some("turn:relay.example.org")),
        with_drill("5s", None),
        with_drill("24h", None),
        with_drill("59.9s", Some("1m")),
        with_recovery("10s"),
    ] {
        assert_eq!(refusal("demo", spec.clone()), None, "{spec:?}");
    }
}

#[test]
fn what_is_not_is_refused_in_words() {
    for name in ["", "a.b", "1demo", "Demo", "demo-", &"n".repeat(41)] {
        let refusal = refusal(name, BallSessionSpec::default()).unwrap();
        assert!(refusal.contains("must be at most 40 characters of a-z, 0-9 and '-'"), "{name}: {refusal}");
    }
    for (spec, message) in [
        // What cannot be converted is refused where it stands; the API server's words for it are its own.
        (with_duration("soon"), "spec.duration: "),
        (with_duration("4.9s"), "must be a duration from 5s to 168h"),
        (with_duration("168h1ms"), "must be a duration from 5s to 168h"),
        (with_loss("abc"), "spec.objectives.lossPercent: "),
        (with_loss("100.1"), "must be a number from 0 to 100"),
        (with_delivered("100.1"), "must be a number from 0 to 100"),
        (with_undetected("101"), "must be a number from 0 to 100"),
        (with_fault("lie"), "must be offset="),
        (with_fault("drop=101%"), "must be offset="),
        (with_pod_label("app.kubernetes.io/name"), "are set by the operator"),
        (with_pod_label("ballsession.dev/anything"), "are set by the operator"),
        (with_variable("BALLSESSION_NODE"), "are set by the operator"),
        (with_profile(SeccompType::Localhost, None), "localhostProfile must be set with type Localhost"),
        (
            with_profile(SeccompType::RuntimeDefault, Some("a")),
            "localhostProfile must be set with type Localhost",
        ),
        (with_path(MediaPath::Relay, None), "relay must be set with spec.path Relay, and with no other"),
        (with_path(MediaPath::PodIp, Some("turn:a")), "relay must be set with spec.path Relay"),
        (with_drill("4.9s", None), "must be a duration from 5s to 24h"),
        (with_drill("24h1ms", None), "must be a duration from 5s to 24h"),
        (with_drill("60s", Some("1m")), "spec.drill.after must be shorter than spec.duration"),
        (with_recovery("9ms"), "must be a duration from 10ms to 1h"),
        (with_radius(29), "the ball is too large for the picture"),
    ] {
        let refusal = refusal("demo", spec.clone()).expect("refused");
        assert!(refusal.contains(message), "{spec:?}: {refusal}");
    }
}

#[test]
fn the_rule_for_the_ball_is_the_function() {
    for radius in 4..=40 {
        let spec = with_radius(radius);
        assert_eq!(spec.ball.fits(&spec.video), refusal("demo", spec.clone()).is_none(), "radius {radius}");
    }
}
