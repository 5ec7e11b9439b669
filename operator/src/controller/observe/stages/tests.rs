use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::Timestamp;
use report::ErrorEntry;
use serde_json::{Value, json};

use super::*;
use crate::controller::build::fixture;
use crate::controller::observe::pods::ObservedPods;
use crate::controller::observe::pods::tests::{pod, ready};
use crate::report_source::{ClientView, ServerView};

pub(in super::super) fn client_posts(state: State, errors: &[(ErrorCode, i64, &str)]) -> ClientView {
    let errors = errors
        .iter()
        .map(|(code, second, message)| ErrorEntry {
            code: *code,
            count: 1,
            message: (*message).into(),
            last_seen: Timestamp::from_second(*second).unwrap(),
        })
        .collect();
    ClientView { received: Instant::now(), state, is_without_media: true, errors }
}

/// What the server reports of client 1 that came as far as `setup` says.
pub(in super::super) fn server_posts(setup: &Value) -> ServerView {
    let row = json!({
        "id": "harbor-client-1", "node": "b", "state": "Connecting", "pairing": "rtp", "reconnects": 0,
        "setupMilliseconds": setup, "frames": {}, "lossPercent": null, "errorPixels": null,
        "latencyMilliseconds": null, "freezes": null
    });
    ServerView {
        received: Instant::now(),
        connected_clients: 2,
        clients_without_media: 1,
        rows: vec![serde_json::from_value(row).unwrap()],
        errors: Vec::new(),
        pod: "harbor-server-x".into(),
        ways: BTreeMap::new(),
    }
}

fn broken(view: &View) -> Option<Explanation> {
    broken_by(&json!({"clients": 2}), &Reached::AtPod, view)
}

fn broken_by(spec: &Value, reached: &Reached, view: &View) -> Option<Explanation> {
    let session = fixture::session(spec);
    let up = ready("2026-01-01T00:00:00Z");
    let pods = [pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &json!({}))];
    let pods =
        ObservedPods::of(&pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), Timestamp::UNIX_EPOCH);
    first_broken(&session, reached, pods.server.as_ref(), &pods.clients, view, None, crds::MAX_MESSAGE)
}

fn posted(state: State, errors: &[(ErrorCode, i64, &str)]) -> View {
    let clients = [("harbor-client-1-y".into(), client_posts(state, errors))].into();
    View { clients, ..View::default() }
}

#[test]
fn media_that_does_not_arrive_is_said_by_its_path() {
    let reached = Reached::At(vec!["10.96.0.7:8082".parse().unwrap()]);
    let relay = json!({"uri": "turn:relay.test", "secretName": "s"});
    let view = posted(State::Connecting, &[(ErrorCode::IceFailed, 1, report::one_way::CLIENT.message(true))]);
    for (path, reached, expected) in [
        (
            json!({"path": "ClusterIP"}),
            &reached,
            "no UDP from harbor-client-1 (node b) to 10.96.0.7:8082 (ClusterIP of harbor-media), the other way is open: check the \
             Service's endpoints, kube-proxy and NetworkPolicy",
        ),
        (
            json!({"path": "NodePort"}),
            &reached,
            "to 10.96.0.7:8082 (NodePort of harbor-media), the other way is open: check firewalls for node ports,",
        ),
        (
            json!({"path": "LoadBalancer"}),
            &reached,
            "to 10.96.0.7:8082 (LoadBalancer of harbor-media), the other way is open: check the balancer's UDP port",
        ),
        (
            json!({"path": "Relay", "relay": relay}),
            &Reached::AtPod,
            "to the server (node a, 10.244.1.7) by turn:relay.test, the other way is open: check the TURN server's log",
        ),
    ] {
        let mut spec = path;
        spec["clients"] = json!(2);
        let explanation = broken_by(&spec, reached, &view).unwrap();
        assert_eq!(explanation.reason, Reason::MediaBlocked);
        assert!(explanation.message.contains(expected), "{}", explanation.message);
    }
}

/// A roll of the server behind a Service, and the proxy's tables still lead to the former one.
#[test]
fn a_way_that_a_server_had_answered_on_before_may_be_stale() {
    let at = "10.96.0.7:8082".parse().unwrap();
    let reached = Reached::At(vec![at]);
    let said = report::one_way::had_answered(report::one_way::NO_ANSWER, at);
    let message = |path: &str, said: &str| {
        let view = posted(State::Connecting, &[(ErrorCode::IceFailed, 1, said)]);
        broken_by(&json!({"clients": 2, "path": path}), &reached, &view).unwrap().message
    };
    assert_eq!(
        message("ClusterIP", &said),
        "signalling ok, no UDP from harbor-client-1 (node b) to 10.96.0.7:8082 (ClusterIP of harbor-media), where a server had \
         answered before (stale conntrack?): check the Service's endpoints, kube-proxy and NetworkPolicy; 1 of 2 clients affected"
    );
    assert!(message("NodePort", &said).contains("(stale conntrack?)"));
    for (path, said) in [("ClusterIP", report::one_way::NO_ANSWER), ("PodIP", &*said)] {
        assert!(!message(path, said).contains("conntrack"), "{path}");
    }
}

#[test]
fn what_a_relay_says_is_quoted() {
    let relay = json!({"uri": "turn:relay.test", "secretName": "s"});
    let spec = json!({"clients": 2, "path": "Relay", "relay": relay});
    let said = "the relay turn:relay.test does not take user \"demo\" with this password: 401 Unauthorized";
    let view = posted(State::Connecting, &[(ErrorCode::IceFailed, 1, said)]);
    let explanation = broken_by(&spec, &Reached::AtPod, &view).unwrap();
    assert_eq!(
        explanation.message,
        format!(
            "signalling ok, harbor-client-1 (node b): {said}: check the TURN server's log, and its way to the pods; 1 of 2 clients \
             affected"
        )
    );
}

/// No relay was asked for anything where the client has no password, or no address to ask at.
#[test]
fn what_keeps_a_client_from_its_relay_is_looked_for_where_it_is() {
    let relay = json!({"uri": "turn:relay.test", "secretName": "demo-relay"});
    let spec = json!({"clients": 2, "path": "Relay", "relay": relay});
    for (said, check) in [
        (
            format!("{} in /var/run/p must be one line of 1 to 4096 bytes", report::relay::PASSWORD),
            "Secret demo-relay",
        ),
        (
            format!("the relay turn:relay.test{}Name or service not known", report::relay::UNRESOLVED),
            "spec.relay.uri and the cluster's DNS",
        ),
    ] {
        let view = posted(State::Connecting, &[(ErrorCode::IceFailed, 1, &said)]);
        let message = broken_by(&spec, &Reached::AtPod, &view).unwrap().message;
        let expected = format!(
            "signalling ok, harbor-client-1 (node b): {said}: check {check}; 1 of 2 clients affected"
        );
        assert_eq!(message, expected);
    }
}

/// The server that a client was refused by was not there yet.
#[test]
fn errors_of_before_the_server_was_ready_say_nothing() {
    let session = fixture::session(&json!({"clients": 2}));
    let up = ready("2026-01-01T00:00:00Z");
    let pods = [pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &json!({}))];
    let pods =
        ObservedPods::of(&pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), Timestamp::UNIX_EPOCH);
    let refused = posted(State::Connecting, &[(ErrorCode::ConnectFailed, 7, "refused")]);
    for (since, is_said) in [(None, true), (Some(6), true), (Some(7), false)] {
        let since = since.map(|second| Timestamp::from_second(second).unwrap());
        let server = pods.server.as_ref();
        let broken = first_broken(
            &session,
            &Reached::AtPod,
            server,
            &pods.clients,
            &refused,
            since,
            crds::MAX_MESSAGE,
        );
        assert_eq!(broken.is_some(), is_said, "{since:?}");
    }
}

#[test]
fn the_server_is_named_by_its_address_of_the_family_that_is_asked_for() {
    let up = |kind: &str, first: &str, second: &str| {
        let mut up = ready("2026-01-01T00:00:00Z");
        up["podIP"] = json!(first);
        up["podIPs"] = json!([{"ip": first}, {"ip": second}]);
        pod(kind, 0, &up)
    };
    let view = View {
        clients: [(
            "harbor-client-0-y".into(),
            client_posts(State::Connecting, &[(ErrorCode::ConnectFailed, 1, "")]),
        )]
        .into(),
        ..View::default()
    };
    for (family, expected) in
        [(json!(null), "10.244.1.7"), (json!("IPv4"), "10.244.1.7"), (json!("IPv6"), "fd00:10:244:1::7")]
    {
        let session = fixture::session(&json!({"clients": 1, "ipFamily": family}));
        let mut pods = ObservedPods::of(
            &[up("server", "10.244.1.7", "fd00:10:244:1::7"), up("client", "10.244.2.7", "fd00:10:244:2::7")],
            &session,
            None,
            &BTreeSet::new(),
            &BTreeMap::new(),
            Timestamp::UNIX_EPOCH,
        );
        pods.clients[0].ready_since = None;
        let server = pods.server.as_ref();
        let broken =
            first_broken(&session, &Reached::AtPod, server, &pods.clients, &view, None, crds::MAX_MESSAGE);
        let message = broken.unwrap().message;
        assert!(message.contains(&format!("to the server (node a, {expected})")), "{family}: {message}");
    }
}

/// A server that was just made asks the operator where it is reached: nothing is wrong with that.
#[test]
fn a_server_that_is_about_to_be_told_its_address_is_waited_for() {
    let view = posted(State::Connecting, &[(ErrorCode::NoOffer, 1, report::unreachable::AWAITS_ADDRESS)]);
    let explanation = broken_by(&json!({"path": "ClusterIP", "clients": 2}), &Reached::AtPod, &view).unwrap();
    assert_eq!(explanation.reason, Reason::WaitingForClients);
    assert!(explanation.message.contains("at which address of ClusterIP"), "{}", explanation.message);
}

#[test]
fn each_stage_names_who_is_affected_and_what_to_check() {
    for (code, reason, message) in [
        (
            ErrorCode::ResolveFailed,
            Reason::SignalingFailed,
            "harbor-client-1 (node b) cannot resolve harbor-server: check the cluster's DNS and NetworkPolicy for port 53; \
             1 of 2 clients affected",
        ),
        (
            ErrorCode::ConnectFailed,
            Reason::SignalingFailed,
            "harbor-server resolved, no TCP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check \
             NetworkPolicy and the Service; 1 of 2 clients affected",
        ),
        (
            ErrorCode::NoOffer,
            Reason::SignalingFailed,
            "TCP ok, no offer from the server (node a, 10.244.1.7) to harbor-client-1 (node b) (why): check the logs of both; \
             1 of 2 clients affected",
        ),
        (
            ErrorCode::IceFailed,
            Reason::MediaBlocked,
            "signalling ok, no UDP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check NetworkPolicy and \
             CNI; 1 of 2 clients affected",
        ),
        (
            ErrorCode::DtlsFailed,
            Reason::MediaBlocked,
            "UDP ok, no DTLS handshake between harbor-client-1 (node b) and the server (node a, 10.244.1.7): check the MTU \
             and what filters UDP on the way; 1 of 2 clients affected",
        ),
    ] {
        assert_eq!(
            broken(&posted(State::Connecting, &[(code, 1, "why")])),
            Some(reason.with_message(message))
        );
    }
}

/// L23: it was "has not decoded a frame", and no cause.
#[test]
fn a_client_to_which_no_whole_frame_comes_says_so_although_it_is_connected() {
    let counted = "90 packets came, 9 were lost, and no frame could be decoded";
    let conclusion = "none came with more than 410 bytes, full ones have 1188 by default (MTU?)";
    let seen = format!("{counted}: {conclusion}");
    let seen = seen.as_str();
    let mut view = posted(
        State::Connected,
        &[(ErrorCode::IceFailed, 1, "before"), (ErrorCode::FramesIncomplete, 2, seen)],
    );
    let message = |seen: &str| {
        format!(
            "video comes from the server (node a, 10.244.1.7) to harbor-client-1 (node b), and no whole frame ({seen}): check \
             the MTU and packet loss on the way; 1 of 2 clients affected"
        )
    };
    let expected = message(&format!("of its packets {conclusion}"));
    assert_eq!(broken(&view), Some(Reason::MediaBlocked.with_message(expected)));
    // The longest there is.
    let known = "datagrams above 1301 bytes vanish on the way here, the video's have up to 8976";
    let seen_by_probes = format!("{counted}: {known}");
    let probed = posted(State::Connected, &[(ErrorCode::FramesIncomplete, 2, &seen_by_probes)]);
    assert_eq!(broken(&probed), Some(Reason::MediaBlocked.with_message(message(known))));
    let plain = posted(State::Connected, &[(ErrorCode::FramesIncomplete, 2, counted)]);
    assert_eq!(broken(&plain), Some(Reason::MediaBlocked.with_message(message(counted))));
    assert_eq!(
        reason_of(ErrorCode::FramesIncomplete),
        Some(Reason::MediaBlocked),
        "of an attempt that ended so"
    );
    for client in view.clients.values_mut() {
        client.is_without_media = false;
    }
    assert_eq!(broken(&view), None, "it is over");
    let later = [(ErrorCode::FramesIncomplete, 2, seen), (ErrorCode::DecodeFailed, 3, "")];
    assert_eq!(broken(&posted(State::Connected, &later)), None, "that is not what went wrong last");
}

#[test]
fn the_last_error_counts_and_only_while_not_connected() {
    let healed = [(ErrorCode::ResolveFailed, 1, ""), (ErrorCode::IceFailed, 2, "")];
    assert_eq!(broken(&posted(State::Lost, &healed)).unwrap().reason, Reason::MediaBlocked);
    assert_eq!(broken(&posted(State::Connected, &healed)), None);
    assert_eq!(broken(&posted(State::Connecting, &[(ErrorCode::DecodeFailed, 3, "")])), None);
    assert_eq!(broken(&View::default()), None);
}

#[test]
fn without_a_report_of_the_client_the_servers_counts() {
    let seen = |setup: &Value| broken(&View { server: Some(server_posts(setup)), ..View::default() });
    assert_eq!(seen(&json!({})).unwrap().reason, Reason::SignalingFailed);
    assert_eq!(
        seen(&json!({"signaling": 3.2})),
        Some(Reason::MediaBlocked.with_message(
            "signalling ok in 3 ms, no UDP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check \
             NetworkPolicy and CNI; 1 of 2 clients affected"
        ))
    );
    assert_eq!(seen(&json!({"signaling": 3, "ice": 9})).unwrap().reason, Reason::MediaBlocked);
    let connected = seen(&json!({"signaling": 3, "ice": 9, "dtls": 12})).unwrap();
    assert_eq!(connected.reason, Reason::WaitingForClients);
    assert!(connected.message.starts_with("connected, no video from"), "{}", connected.message);
    let frames = seen(&json!({"signaling": 3, "ice": 9, "dtls": 12, "firstFrame": 15})).unwrap();
    assert!(frames.message.contains("no report came back"), "{}", frames.message);
    assert_eq!(
        seen(&json!({"signaling": 3, "ice": 9, "dtls": 12, "firstFrame": 15, "firstReport": 18})),
        None
    );

    let mut early = server_posts(&json!({"signaling": 3}));
    early.clients_without_media = 0;
    assert_eq!(broken(&View { server: Some(early), ..View::default() }), None);
}

#[test]
fn a_client_that_could_not_say_its_name_is_known_by_its_address() {
    let session = fixture::session(&json!({"clients": 2}));
    let pods = [pod("client", 1, &json!({"podIP": "10.244.2.10"}))];
    let pods =
        ObservedPods::of(&pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), Timestamp::UNIX_EPOCH);
    let mut server = server_posts(&json!({"signaling": 3.2}));
    let posted_by =
        |server| View { server: Some(server), ..posted(State::Failed, &[(ErrorCode::IceFailed, 1, "")]) };
    for (id, signalling) in
        [("10.244.2.10:57076", "signalling ok in 3 ms,"), ("10.244.2.1:57076", "signalling ok,")]
    {
        server.rows[0].id = id.into();
        let message = first_broken(
            &session,
            &Reached::AtPod,
            None,
            &pods.clients,
            &posted_by(server.clone()),
            None,
            crds::MAX_MESSAGE,
        )
        .unwrap()
        .message;
        assert!(message.starts_with(signalling), "{message}");
    }
}

#[test]
fn the_first_of_several_stages_is_named() {
    let session = fixture::session(&json!({"clients": 3}));
    let pods: Vec<_> = (0..3).map(|index| pod("client", index, &json!({}))).collect();
    let pods =
        ObservedPods::of(&pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), Timestamp::UNIX_EPOCH);
    let view = View {
        clients: [(0, ErrorCode::DtlsFailed), (1, ErrorCode::IceFailed), (2, ErrorCode::IceFailed)]
            .map(|(index, code)| {
                (format!("harbor-client-{index}-y"), client_posts(State::Connecting, &[(code, 1, "")]))
            })
            .into(),
        ..View::default()
    };
    let message =
        first_broken(&session, &Reached::AtPod, None, &pods.clients, &view, None, crds::MAX_MESSAGE)
            .unwrap()
            .message;
    assert!(
        message.starts_with("signalling ok, no UDP from harbor-client-1 (node b) to the server: "),
        "{message}"
    );
    assert!(message.ends_with("2 of 3 clients affected"), "{message}");
}

#[test]
fn the_longest_names_fit_with_what_to_check() {
    let mut session = fixture::session(&json!({"clients": 100}));
    session.name = "n".repeat(40);
    let node = Some("node.".repeat(50));
    let facts = |index| ObservedPod {
        name: "p".repeat(60),
        index,
        node: node.clone(),
        ips: vec!["2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap()],
        ready_since: None,
        was_ready: false,
        succeeded: false,
        last_end: None,
        problem: None,
        awaits: None,
        stuck_in: None,
        path: None,
    };
    let client = facts(Some(99));
    for code in [ErrorCode::ResolveFailed, ErrorCode::ConnectFailed, ErrorCode::IceFailed] {
        let view = View {
            clients: [(client.name.clone(), client_posts(State::Failed, &[(code, 1, &"m".repeat(256))]))]
                .into(),
            ..View::default()
        };
        let explanation = first_broken(
            &session,
            &Reached::AtPod,
            Some(&facts(None)),
            std::slice::from_ref(&client),
            &view,
            None,
            crds::MAX_MESSAGE,
        )
        .unwrap();
        assert!(
            explanation.message.len() <= crds::MAX_MESSAGE,
            "{} {}",
            explanation.message.len(),
            explanation.message
        );
    }
}

/// However long the names are, it ends with who is affected.
#[test]
fn the_longest_address_fits_with_what_to_check() {
    let mut session = fixture::session(&json!({"clients": 2, "path": "LoadBalancer"}));
    session.name = "n".repeat(40);
    let reached = Reached::At(vec!["[2001:db8:1111:2222:3333:4444:5555:6666]:30082".parse().unwrap()]);
    let up = ready("2026-01-01T00:00:00Z");
    let pods = [pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &json!({}))];
    let pods = ObservedPods::of(
        &pods,
        &fixture::session(&json!({"clients": 2})),
        None,
        &BTreeSet::new(),
        &BTreeMap::new(),
        Timestamp::UNIX_EPOCH,
    );
    for (said, expected) in [
        (
            report::one_way::CLIENT.message(true).to_owned(),
            "6666]:30082 (LoadBalancer), the other way is open: check the balancer",
        ),
        (
            report::one_way::had_answered(report::one_way::NO_ANSWER, "[2001:db8::1]:30082".parse().unwrap()),
            "6666]:30082 (LoadBalancer), where a server had answered before (stale conntrack?): check the balancer",
        ),
    ] {
        let view = posted(State::Connecting, &[(ErrorCode::IceFailed, 1, &said)]);
        let broken = first_broken(
            &session,
            &reached,
            pods.server.as_ref(),
            &pods.clients,
            &view,
            None,
            crds::MAX_MESSAGE,
        );
        let message = broken.unwrap().message;
        let is_whole = message.len() <= crds::MAX_MESSAGE && message.ends_with("1 of 2 clients affected");
        assert!(is_whole && message.contains(expected), "{message}");
    }
}
