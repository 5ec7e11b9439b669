//! Media by other ways than the addresses of pods.

use std::net::SocketAddr;

use ballsession_operator::report_source::Expectation;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually, up};

const PATH: &str = "ballsession.dev/path";

async fn told(operator: &Operator, uid: &str, what: &str, advertise: Option<&[&str]>) -> Expectation {
    let asked: Option<Vec<SocketAddr>> =
        advertise.map(|all| all.iter().map(|address| address.parse().unwrap()).collect());
    eventually(what, async || match operator.reports.expected(uid) {
        Some(expectation) if expectation.advertise == asked => Ok(expectation),
        other => Err(other),
    })
    .await
}

/// Waits for a Service for media of this type.
async fn media(operator: &Operator, path: &str) -> Service {
    operator
        .wait("harbor-media", path, |service: &Service| {
            service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some(path)
        })
        .await
}

/// Waits for a server that was made for a path, and for the end of the one before.
async fn server_for(operator: &Operator, path: Option<&str>) -> Pod {
    eventually("a server of this path", async || {
        let pods = operator.wait_pods("harbor", "server", 1).await;
        let found = pods[0].annotations().get(PATH).map(String::as_str);
        if found == path { Ok(pods[0].clone()) } else { Err(format!("{found:?}")) }
    })
    .await
}

/// What a balancer's controller would write.
async fn balance(operator: &Operator, ingress: &Value) {
    let status = json!({"status": {"loadBalancer": {"ingress": ingress}}});
    let services = operator.api::<Service>();
    services.patch_status("harbor-media", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
}

async fn shown(operator: &Operator, path: &str) {
    operator
        .wait("harbor", path, |session: &BallSession| {
            let display = session.status.as_ref().and_then(|status| status.display.as_ref());
            display.and_then(|display| display.path.as_deref()) == Some(path)
        })
        .await;
}

#[tokio::test]
async fn each_path_has_its_service_and_another_server() {
    let Some((client, _shared)) = client("each_path_has_its_service_and_another_server").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 1})).await;
    let uid = session.uid().unwrap();
    let first = server_for(&operator, None).await;
    let epoch = told(&operator, &uid, "no address", None).await.epoch;
    shown(&operator, "PodIP").await;
    assert!(operator.api::<Service>().get_opt("harbor-media").await.unwrap().is_none());

    operator.change("harbor", &json!({"path": "ClusterIP"})).await;
    let service = media(&operator, "ClusterIP").await;
    assert_eq!(service.owner_references()[0].uid, uid);
    let address = format!("{}:8082", service.spec.unwrap().cluster_ip.unwrap());
    let by_service = told(&operator, &uid, "the Service's address", Some(&[&address])).await;
    assert_ne!(by_service.epoch, epoch);
    shown(&operator, &format!("ClusterIP {address}")).await;
    let second = server_for(&operator, Some("ClusterIP")).await;
    assert_ne!(second.uid(), first.uid());

    operator.change("harbor", &json!({"path": "NodePort"})).await;
    let service = media(&operator, "NodePort").await;
    let port = service.spec.unwrap().ports.unwrap()[0].node_port.unwrap();
    told(&operator, &uid, "no node yet", Some(&[])).await;
    let third = server_for(&operator, Some("NodePort")).await;
    let mut status = up();
    (status["hostIP"], status["hostIPs"]) =
        (json!("172.18.0.3"), json!([{"ip": "172.18.0.3"}, {"ip": "fd00::3"}]));
    operator.set_pod(&third, &status).await;
    let address = format!("172.18.0.3:{port}");
    told(&operator, &uid, "the address of the server's node", Some(&[&address])).await;
    shown(&operator, &format!("NodePort {address}")).await;

    // Back again: nothing of it stays.
    operator.change("harbor", &json!({"path": null})).await;
    operator.wait_gone::<Service>("harbor-media", None).await;
    server_for(&operator, None).await;
    let back = told(&operator, &uid, "no address", None).await;
    assert_eq!(back.epoch, epoch, "made of the same as at first");
    operator.finish().await;
}

#[tokio::test]
async fn an_address_of_a_balancer_is_awaited_and_followed() {
    let Some((client, _shared)) = client("an_address_of_a_balancer_is_awaited_and_followed").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 1, "path": "LoadBalancer"})).await;
    let uid = session.uid().unwrap();
    media(&operator, "LoadBalancer").await;
    operator.play_pods("harbor", 1).await;
    let waits = operator.wait_ready("harbor", "WaitingForAddress").await;
    let (_, message) = condition(&waits, "Ready");
    assert!(
        message.starts_with("Service harbor-media has no load balancer yet: check its events"),
        "{message}"
    );
    told(&operator, &uid, "no address", Some(&[])).await;

    balance(&operator, &json!([{"hostname": "lb.example.com"}])).await;
    operator
        .wait("harbor", "a name is no address", |session: &BallSession| {
            condition(session, "Ready").1.contains("has the name lb.example.com, and media needs an address")
        })
        .await;
    for address in ["192.0.2.1", "192.0.2.2"] {
        balance(&operator, &json!([{"ip": address}])).await;
        let address = format!("{address}:8082");
        told(&operator, &uid, "the balancer's address", Some(&[&address])).await;
        operator.wait_ready("harbor", "Ready").await;
        shown(&operator, &format!("LoadBalancer {address}")).await;
    }
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}

/// The API server of these tests has one family, as most do.
#[tokio::test]
async fn a_family_that_the_cluster_does_not_have_is_refused_in_its_own_words() {
    let test = "a_family_that_the_cluster_does_not_have_is_refused_in_its_own_words";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let families = |service: &Service| service.spec.as_ref().and_then(|spec| spec.ip_families.clone());
    let service =
        operator.wait("harbor-server", "a family", |service: &Service| families(service).is_some()).await;
    let has = families(&service).unwrap();
    if has.len() > 1 {
        return operator.finish().await;
    }
    let other = if has[0] == "IPv4" { "IPv6" } else { "IPv4" };

    operator.change("harbor", &json!({"ipFamily": has[0], "path": "ClusterIP"})).await;
    let alone = |service: &Service| {
        let policy = service.spec.as_ref().and_then(|spec| spec.ip_family_policy.as_deref());
        policy == Some("SingleStack")
    };
    let kept = operator.wait("harbor-server", "one family", alone).await;
    assert_eq!(kept.uid(), service.uid(), "the first stays the first");
    operator.wait("harbor-media", "one family", alone).await;
    server_for(&operator, Some(&format!("ClusterIP {}", has[0]))).await;

    operator.change("harbor", &json!({"ipFamily": other})).await;
    let refused = operator.wait_ready("harbor", "InvalidSpec").await;
    let (_, message) = condition(&refused, "Ready");
    assert!(message.contains(other) && message.contains("not configured on this cluster"), "{message}");
    operator.change("harbor", &json!({"ipFamily": null})).await;
    let anew = operator
        .wait("harbor-server", "a family again", |service: &Service| families(service).is_some())
        .await;
    assert_ne!(anew.uid(), service.uid());
    operator.finish().await;
}

#[tokio::test]
async fn clients_of_a_relay_are_given_its_secret_and_no_other() {
    let Some((client, _shared)) = client("clients_of_a_relay_are_given_its_secret_and_no_other").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let relay =
        |secret: &str| json!({"path": "Relay", "relay": {"uri": "turn:relay.test", "secretName": secret}});
    let mut spec = relay("harbor-relay");
    spec["clients"] = json!(1);
    let session = operator.create("harbor", &spec).await;
    let uid = session.uid().unwrap();
    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
    let made = json!(pod.spec);
    let env = made["containers"][0]["env"].as_array().unwrap();
    assert!(env.contains(&json!({"name": "BALLSESSION_RELAY", "value": "turn:relay.test"})), "{env:?}");
    told(&operator, &uid, "no address", None).await;
    shown(&operator, "Relay").await;
    let deployment = operator.api::<Deployment>().get("harbor-server").await.unwrap();
    assert!(!json!(deployment).to_string().contains("harbor-relay"), "the server needs none of it");

    // With the operator's token nobody mounts whatever Secret there is.
    operator.change("harbor", &relay("payroll")).await;
    let refused =
        |session: &BallSession| condition(session, "Ready").1.contains("no volumes of this kind: relay");
    operator.wait("harbor", "the policy's words", refused).await;
    operator.change("harbor", &relay("other-relay")).await;
    eventually("another client", async || {
        let pods = operator.wait_pods("harbor", "client", 1).await;
        if json!(pods[0].spec).to_string().contains("other-relay") { Ok(()) } else { Err(pods[0].name_any()) }
    })
    .await;
    operator.finish().await;
}
