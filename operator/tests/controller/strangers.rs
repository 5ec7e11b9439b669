//! Sessions that should not exist as they do, and sessions in several namespaces.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ballsession_operator::cluster::{Scope, watch};
use cluster::Scratch;
use crds::{BallSession, BallSessionSpec};
use http::Request;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config, CustomResourceExt};
use serde_json::{Value, json};
use tower::util::MapRequestLayer;

use crate::harness::{Operator, client, client_alone, condition, eventually};

/// Makes the API server take any spec, or again only what the schema allows.
async fn set_schema(client: &Client, is_strict: bool) {
    let mut crd = serde_json::to_value(BallSession::crd()).unwrap();
    if !is_strict {
        let schema = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        schema["properties"]["spec"] =
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        schema.as_object_mut().unwrap().remove("x-kubernetes-validations");
    }
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    let params = PatchParams::apply("tests").force();
    crds.patch(BallSession::crd_name(), &params, &Patch::Apply(&crd)).await.unwrap();
}

/// Stores a session around the schema.
async fn store(client: &Client, namespace: &str, name: &str, spec: &Value) {
    let session = cluster::session(name, spec);
    around_the_schema(client, namespace, async |sessions| {
        sessions.create(&PostParams::default(), &session).await
    })
    .await;
}

/// Does to sessions what the schema does not allow.
async fn around_the_schema(
    client: &Client,
    namespace: &str,
    write: impl AsyncFn(&Api<DynamicObject>) -> kube::Result<DynamicObject>,
) {
    set_schema(client, false).await;
    let sessions: Api<DynamicObject> =
        Api::namespaced_with(client.clone(), namespace, &BallSession::api_resource());
    eventually("a schema that takes anything", async || {
        write(&sessions).await.map_err(|error| error.to_string())
    })
    .await;
    set_schema(client, true).await;
    let refused = cluster::session("refused", &json!({"video": {"width": 7}}));
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    eventually("the real schema", async || match sessions.create(&dry, &refused).await {
        Err(error) => Ok(error),
        Ok(taken) => Err(taken),
    })
    .await;
}

#[tokio::test]
async fn a_session_from_before_a_rule_says_so_and_rests() {
    let Some((client, _alone)) = client_alone("a_session_from_before_a_rule_says_so_and_rests").await else {
        return;
    };
    let namespace = Scratch::create(&client).await;
    let scope = Scope::Namespace(namespace.name.clone());
    store(&client, &namespace.name, "harbor", &json!({"video": {"width": 641}})).await;
    let operator = Operator::start_in(&client, namespace, &scope).await;
    let session = operator.wait_ready("harbor", "InvalidSpec").await;
    assert_eq!(
        condition(&session, "Ready").1,
        "spec.video.width is 641: it must be an even number from 64 to 1920"
    );
    assert_eq!(condition(&session, "Complete").0, "Unbounded");
    assert!(operator.api::<Deployment>().get_opt("harbor-server").await.unwrap().is_none());
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;

    operator.change("harbor", &json!({"video": {"width": 640}})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    operator.finish().await;
}

/// Its pods go on, and would report to nobody once the operator's certificate is another's.
#[tokio::test]
async fn a_session_that_makes_no_sense_any_more_keeps_its_authorities() {
    let test = "a_session_that_makes_no_sense_any_more_keeps_its_authorities";
    let Some((client, _alone)) = client_alone(test).await else { return };
    let namespace = Scratch::create(&client).await;
    let scope = Scope::Namespace(namespace.name.clone());
    let operator = Operator::start_in(&client, namespace, &scope).await;
    operator.create("harbor", &json!({})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    let odd = Patch::Merge(json!({"spec": {"video": {"width": 641}}}));
    around_the_schema(&client, &operator.namespace.name, async |sessions| {
        sessions.patch("harbor", &PatchParams::default(), &odd).await
    })
    .await;
    operator.wait_ready("harbor", "InvalidSpec").await;
    // Of an operator before, whose certificate is no longer used.
    let outdated = Patch::Merge(json!({"data": {"ca.crt": "outdated"}}));
    let config_maps = operator.api::<ConfigMap>();
    config_maps.patch("harbor-report-ca", &PatchParams::default(), &outdated).await.unwrap();
    operator
        .wait("harbor-report-ca", "the authorities", |config_map: &ConfigMap| {
            config_map.data.as_ref().is_some_and(|data| data["ca.crt"] == "authorities")
        })
        .await;
    let session = operator.wait_ready("harbor", "InvalidSpec").await;
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}

#[tokio::test]
async fn what_only_kubernetes_refuses_is_told_in_its_words() {
    let Some((client, _shared)) = client("what_only_kubernetes_refuses_is_told_in_its_words").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let resources = json!({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}});
    operator.create("harbor", &json!({"server": {"resources": resources}})).await;
    let session = operator.wait_ready("harbor", "InvalidSpec").await;
    let message = condition(&session, "Ready").1;
    assert!(message.starts_with("the API server refuses Deployment harbor-server as invalid: "), "{message}");

    operator.change("harbor", &json!({"server": {"resources": null}})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    operator.finish().await;
}

#[tokio::test]
async fn one_that_cannot_be_read_does_not_stop_the_others() {
    let Some((client, _alone)) = client_alone("one_that_cannot_be_read_does_not_stop_the_others").await
    else {
        return;
    };
    let namespace = Scratch::create(&client).await;
    let scope = Scope::Namespace(namespace.name.clone());
    store(&client, &namespace.name, "broken", &json!({"suspend": "maybe"})).await;
    let operator = Operator::start_in(&client, namespace, &scope).await;
    operator.create("harbor", &json!({})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;

    let sessions: Api<DynamicObject> =
        Api::namespaced_with(client.clone(), &operator.namespace.name, &BallSession::api_resource());
    let ready = eventually("a condition", async || {
        let broken = sessions.get("broken").await.unwrap().data;
        let ready = broken["status"]["conditions"][0].clone();
        if ready["reason"] == "InvalidSpec" { Ok(ready) } else { Err(broken) }
    })
    .await;
    let message = ready["message"].as_str().unwrap();
    assert!(message.starts_with("the stored object cannot be read: "), "{message}");
    operator.wait_for_quiet().await;
    let broken = BallSession {
        metadata: sessions.get("broken").await.unwrap().metadata,
        ..BallSession::new("broken", BallSessionSpec::default())
    };
    operator.reconcile_again_without_writes(&broken).await;
    operator.finish().await;
}

#[tokio::test]
async fn namesakes_in_two_namespaces_do_not_meet() {
    let Some((client, _alone)) = client_alone("namesakes_in_two_namespaces_do_not_meet").await else {
        return;
    };
    let (first, second) = (Scratch::create(&client).await, Scratch::create(&client).await);
    let operator = Operator::start_in(&client, first, &Scope::All).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let elsewhere: Api<BallSession> = Api::namespaced(client.clone(), &second.name);
    let namesake: Value = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor"}, "spec": {"clients": 0, "video": {"width": 320}}
    });
    elsewhere.create(&PostParams::default(), &serde_json::from_value(namesake).unwrap()).await.unwrap();
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), &second.name);
    let args = eventually("the other server", async || {
        let server = deployments.get("harbor-server").await.map_err(|error| error.to_string())?;
        let container = server.spec.template.spec.unwrap().containers.remove(0);
        Ok::<_, String>(container.args.unwrap())
    })
    .await;
    assert!(args.contains(&"320".to_owned()), "{args:?}");
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    let other = elsewhere.get("harbor").await.unwrap();
    assert_eq!(condition(&other, "Ready").0, "ServerNotReady");
    second.delete().await;
    operator.finish().await;
}

#[tokio::test]
async fn a_missing_definition_is_named() {
    let Some((client, _shared)) = client("a_missing_definition_is_named").await else { return };
    let namespace = Scratch::create(&client).await;
    // Asked for another group, the API server answers as it does where the definition is not installed.
    let is_missing = Arc::new(AtomicBool::new(true));
    let missing = Arc::clone(&is_missing);
    let elsewhere = MapRequestLayer::new(move |mut request: Request<Body>| {
        if missing.load(Ordering::Relaxed) {
            let uri = request.uri().to_string().replace("/ballsession.dev/", "/absent.ballsession.dev/");
            *request.uri_mut() = uri.parse().unwrap();
        }
        request
    });
    let config = Config::infer().await.unwrap();
    let mistaken = ClientBuilder::try_from(config).unwrap().with_layer(&elsewhere).build();
    let (watches, _) = watch(&mistaken, &Scope::Namespace(namespace.name.clone()));
    let first_sync = watches.first_sync();
    let named = "the first list of ballsessions (the API server does not know them: is the \
                 CustomResourceDefinition installed?)";
    eventually("the missing definition", async || {
        let waiting = first_sync.waiting();
        if waiting.as_deref() == Some(named) { Ok(()) } else { Err(waiting) }
    })
    .await;
    is_missing.store(false, Ordering::Relaxed);
    eventually("the first lists", async || match first_sync.waiting() {
        None => Ok(()),
        Some(waiting) => Err(waiting),
    })
    .await;
    namespace.delete().await;
}
