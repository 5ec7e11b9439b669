//! Media that is to take a way of its own.

use std::sync::Arc;

use report::way::{Way, WayKind};
use serde_json::{Value, json};

use super::*;

const CLUSTER_IP: &str = "10.96.0.7:8082";

/// A session of two clients whose media is to take `path`, with a server that was made for it.
fn on(path: &Value, annotation: &str) -> Scene {
    let mut spec = path.clone();
    spec["clients"] = json!(2);
    let mut scene = Scene::new(&spec);
    let mut server = Arc::unwrap_or_clone(Arc::clone(&scene.pods[0]));
    let told = ("ballsession.dev/path".to_owned(), annotation.to_owned());
    server.metadata.annotations.get_or_insert_default().extend([told]);
    scene.pods[0] = Arc::new(server);
    if scene.session.spec.path.has_service() {
        scene.reached = Reached::At(vec![CLUSTER_IP.parse().unwrap()]);
    }
    scene
}

fn goes(scene: &mut Scene, ways: &[Option<Way>]) {
    let view = scene.view.server.as_mut().unwrap();
    view.ways =
        ways.iter().enumerate().map(|(index, way)| (format!("harbor-client-{index}"), *way)).collect();
}

fn way(kind: WayKind, is_ipv6: bool) -> Option<Way> {
    Some(Way { kind, is_ipv6 })
}

#[test]
fn an_address_that_nobody_knows_is_awaited_once_the_server_is_up() {
    let mut scene = on(&json!({"path": "LoadBalancer"}), "LoadBalancer");
    assert_eq!(scene.ready().0, "Ready");
    assert_eq!(scene.compute().0.path.as_deref(), Some("LoadBalancer 10.96.0.7:8082"));
    scene.reached = Reached::Awaited("no balancer".into());
    let refused = client_posts(State::Connecting, &[(ErrorCode::NoOffer, 1, "")]);
    scene.view.clients = [("harbor-client-1-y".to_owned(), refused)].into();
    scene.set_client(1, &json!({}));
    assert_eq!(scene.ready(), ("WaitingForAddress".into(), "no balancer".into()));
    scene.trouble = Some(Duration::from_secs(120));
    assert!(scene.compute().0.stalled.is_some(), "as other problems are after two minutes");
    scene.set_server(&json!({}));
    assert_eq!(scene.ready().0, "ServerNotReady");
}

#[test]
fn media_by_another_way_is_no_pass() {
    let relay = json!({"path": "Relay", "relay": {"uri": "turn:relay.test", "secretName": "s"}});
    let advertised = way(WayKind::Advertised, false);
    for (path, asked, is_asked, is_not) in [
        (json!({"path": "ClusterIP"}), "ClusterIP", advertised, way(WayKind::Direct, false)),
        (json!({"path": "NodePort"}), "NodePort", way(WayKind::Advertised, true), way(WayKind::Direct, true)),
        (
            json!({"path": "LoadBalancer", "ipFamily": "IPv6"}),
            "LoadBalancer IPv6",
            way(WayKind::Advertised, true),
            advertised,
        ),
        (relay, "Relay", way(WayKind::Relayed, false), way(WayKind::Direct, false)),
        (json!({"ipFamily": "IPv4"}), "PodIP IPv4", way(WayKind::Direct, false), way(WayKind::Direct, true)),
    ] {
        let mut scene = on(&path, asked);
        goes(&mut scene, &[is_asked, is_asked]);
        assert_eq!(scene.ready().0, "Ready", "{path}");
        goes(&mut scene, &[is_asked, None]);
        assert_eq!(scene.ready().0, "Ready", "{path}: nothing is known of the other yet");
        goes(&mut scene, &[is_asked, is_not]);
        let (reason, message) = scene.ready();
        assert_eq!(reason, "PathBypassed", "{path}");
        assert!(message.starts_with("media of harbor-client-1 (node b) goes "), "{message}");
        assert!(
            message.contains(&format!("and not by {asked}")) && message.contains("1 of 2 clients"),
            "{message}"
        );
        assert!(message.len() <= crds::MAX_MESSAGE, "{message}");
        scene.silent = Duration::from_secs(30);
        assert_eq!(scene.ready().0, "NoReports", "{path}: that was long ago");
    }
}

#[test]
fn the_pair_is_named_where_its_row_has_it() {
    let mut scene = on(&json!({"path": "ClusterIP"}), "ClusterIP");
    goes(&mut scene, &[None, way(WayKind::Direct, false)]);
    let row = &mut scene.view.server.as_mut().unwrap().rows[0];
    row.path = serde_json::from_value(json!({
        "local": {"candidateType": "host", "address": "10.244.2.10", "port": 57076, "protocol": "udp"},
        "remote": {"candidateType": "prflx", "address": "10.244.1.7", "port": 8082, "protocol": "udp"}
    }))
    .unwrap();
    assert_eq!(
        scene.ready().1,
        "media of harbor-client-1 (node b) goes from 10.244.2.10:57076 (host) to 10.244.1.7:8082 (prflx) and not by ClusterIP \
         10.96.0.7:8082; 1 of 2 clients affected: check what changes addresses between them"
    );
}

/// A run may be pinned to an image of before there were paths, or a session name one.
#[test]
fn a_server_that_knows_nothing_of_ways_is_no_pass() {
    let mut scene = on(&json!({"path": "NodePort"}), "NodePort");
    goes(&mut scene, &[None, None]);
    let (reason, message) = scene.ready();
    assert_eq!(reason, "PathBypassed");
    assert!(message.starts_with("harbor-server-x does not say which way media takes"), "{message}");
    goes(&mut scene, &[]);
    assert_eq!(scene.ready().0, "Ready", "nobody has had media for long enough");
}

/// Between another path and the first post of the server that is made for it.
#[test]
fn a_server_of_another_path_says_nothing_of_this_one() {
    let direct = [way(WayKind::Direct, false); 2];
    let mut scene = on(&json!({"path": "ClusterIP"}), "NodePort");
    goes(&mut scene, &direct);
    assert_eq!(scene.ready().0, "Ready");
    let mut scene = on(&json!({"path": "ClusterIP"}), "ClusterIP");
    goes(&mut scene, &direct);
    scene.view.server.as_mut().unwrap().pod = "harbor-server-before".into();
    assert_eq!(scene.ready().0, "NoReports", "of this one nothing is known");
    let mut scene = on(&json!({}), "");
    goes(&mut scene, &direct);
    assert_eq!(scene.ready().0, "Ready", "nothing is asked for");
}
