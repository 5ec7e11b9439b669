//! `doctor`, where the definition is.

use std::fs;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::Kubeconfig;
use kube::{Resource, ResourceExt};
use serde_json::{Value, json};

use crate::harness::{World, ended, start};

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    let Some(world) = World::new("what_is_in_the_way_is_named").await else { return };
    let labels = json!({"app.kubernetes.io/name": "ballsession-operator"});
    let image = format!("registry.example/ballsession-operator:{}", env!("CARGO_PKG_VERSION"));
    let operator = json!({
        "metadata": {"name": "renamed", "labels": labels},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [
                {"name": "operator", "image": image, "args": ["--watch-namespace=media"]}
            ]}
        }}
    });
    create::<Deployment>(&world, operator).await;
    world.lead("renamed-1_u_00", Duration::ZERO).await;
    let deny = json!({"metadata": {"name": "deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}});
    create::<NetworkPolicy>(&world, deny).await;
    let quota = json!({"metadata": {"name": "tight"}, "spec": {"hard": {"pods": "1"}}});
    create::<ResourceQuota>(&world, quota).await;
    let level = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    let namespaces: Api<DynamicObject> = Api::all_with(
        world.client.clone(),
        &ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&()),
    );
    namespaces.patch(&world.namespace.name, &PatchParams::default(), &Patch::Merge(level)).await.unwrap();

    let end = world.plugin(&["doctor"]).await;
    assert_eq!(end.code, Some(1), "{}", end.stdout);
    let name = &world.namespace.name;
    for line in [
        "ok     definition     BallSession v1alpha1 is served, with the schema of version ".to_owned(),
        format!("ok     operator       {name}/renamed runs {image}"),
        format!(
            "fail   watched        nobody watches namespace {name}: {name}/renamed watches namespace media alone"
        ),
        format!(
            "fail   replicas       of {name}/renamed 0 of 2 are available: kubectl -n {name} describe pods"
        ),
        "warn   lease          renamed-1 holds it and is not ready: ".to_owned(),
        format!("ok     rights         run: all that is needed in namespace {name}"),
        format!("ok     pod security   namespace {name} enforces restricted, which sessions fit"),
        "fail   quota          tight: ".to_owned(),
        "warn   policies       deny (Ingress, Egress of server and client): they have to admit TCP 8080"
            .to_owned(),
    ] {
        assert!(
            end.stdout.lines().any(|found| found.starts_with(&line)),
            "{line}\nis not in\n{}",
            end.stdout
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn who_has_no_rights_is_told_which() {
    let Some(world) = World::new("who_has_no_rights_is_told_which").await else { return };
    let mut kubeconfig = Kubeconfig::read().unwrap();
    for user in &mut kubeconfig.auth_infos {
        user.auth_info.as_mut().unwrap().impersonate = Some("nobody-in-particular".into());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    fs::write(&file, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
    let end = world.plugin(&["--kubeconfig", file.to_str().unwrap(), "doctor"]).await;
    assert_eq!(end.code, Some(1), "{}", end.stdout);
    let lack = format!(
        "fail   rights         status, wait, report, diff: you may not get ballsessions, list ballsessions, watch ballsessions \
         in namespace {}: ask for the role view",
        world.namespace.name
    );
    assert!(end.stdout.lines().any(|line| line.starts_with(&lack)), "{}", end.stdout);
    assert!(
        end.stdout.lines().any(|line| line.starts_with("warn   policies       not examined, ")),
        "{}",
        end.stdout
    );
    let end = world.plugin(&["--kubeconfig", file.to_str().unwrap(), "wait", "harbor"]).await;
    assert_eq!(end.code, Some(1), "a watch that is forbidden is not tried for ten minutes");
    assert!(end.stderr.contains("cannot watch") || end.stderr.contains("forbidden"), "{}", end.stderr);
    world.finish().await;
}

#[tokio::test]
async fn an_api_server_that_is_not_there_is_one_line() {
    // Bound, and never listened on: nobody else gets the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let server = format!("http://{}", socket.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}], "users": [{"name": "c", "user": {}}]
    });
    fs::write(&file, kubeconfig.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let end = ended(start(&["--kubeconfig", file, "doctor"])).await;
    assert_eq!((end.code, end.stdout.lines().count()), (Some(1), 1), "{}", end.stdout);
    assert!(
        end.stdout.starts_with("fail   API server   the API server cannot be reached: "),
        "{}",
        end.stdout
    );
    let end = ended(start(&["--kubeconfig", file, "status"])).await;
    assert_eq!((end.code, end.stderr.lines().count()), (Some(1), 1), "{}", end.stderr);
}

async fn create<K>(world: &World, object: Value)
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + serde::de::DeserializeOwned
        + serde::Serialize
        + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).unwrap();
    let created = world.api::<K>().create(&PostParams::default(), &object).await.unwrap();
    assert!(!created.name_any().is_empty());
}
