//! `gather`: all that helps, and nothing secret.

use std::io::Read;

use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::PostParams;
use serde_json::json;

use crate::harness::{World, numbers, over};

#[tokio::test]
async fn the_archive_has_what_helps_and_no_secret() {
    let Some(world) = World::new("the_archive_has_what_helps_and_no_secret").await else { return };
    let token = format!("eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.{}.c2ln", "a".repeat(200));
    world.create("harbor", &json!({"duration": "30s", "server": {"podAnnotations": {"note": token}}})).await;
    world.say("harbor", &over(true), &numbers(true)).await;
    for (name, instance) in [("harbor-server-1", "harbor"), ("harbor-2-server-1", "harbor-2")] {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": name, "annotations": {"token": token}, "labels": {
                "app.kubernetes.io/name": "ballsession", "app.kubernetes.io/instance": instance,
                "app.kubernetes.io/component": "server"
            }},
            "spec": {"nodeName": "nowhere", "automountServiceAccountToken": false, "containers": [{"name": "server", "image": "none", "env": [
                {"name": "PASSWORD", "value": "hush-hush"}, {"name": "BALLSESSION_FPS", "value": "30"}
            ]}]}
        }))
        .unwrap();
        world.api::<Pod>().create(&PostParams::default(), &pod).await.unwrap();
        let event: Event = serde_json::from_value(json!({
            "metadata": {"generateName": "e-"}, "reason": "Failed", "message": format!("{name} Bearer {token}"),
            "type": "Warning",
            "involvedObject": {"kind": "Pod", "name": name, "namespace": world.namespace.name}
        }))
        .unwrap();
        world.api::<Event>().create(&PostParams::default(), &event).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("g.tar.gz");
    let end = world.plugin(&["gather", "harbor", "-o", file.to_str().unwrap()]).await;
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert!(end.stdout.contains("g.tar.gz: "), "{}", end.stdout);
    assert!(
        end.stderr.contains("missing: logs/harbor-server-1/server.log: "),
        "its node does not answer: {}",
        end.stderr
    );

    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(&file).unwrap()));
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        files.push((entry.path().unwrap().display().to_string(), text));
    }
    let mut names: Vec<_> =
        files.iter().map(|(name, _)| name.strip_prefix("ballsession-harbor/").unwrap()).collect();
    // Operators of other tests may be there.
    names.retain(|name| !name.starts_with("operator/logs/"));
    assert_eq!(
        names,
        [
            "session.yaml",
            "report.txt",
            "report.json",
            "doctor.txt",
            "pods.yaml",
            "deployments.yaml",
            "replicasets.yaml",
            "services.yaml",
            "networkpolicies.yaml",
            "events.yaml",
            "operator/pods.yaml",
            "nodes.yaml",
            "missing.txt"
        ]
    );
    let contents = |name: &str| &files.iter().find(|(file, _)| file.ends_with(name)).unwrap().1;
    for (name, text) in &files {
        for secret in ["eyJ", "aaaaaaaaaa", "hush-hush", "managedFields"] {
            assert!(!text.contains(secret), "{secret} in {name}");
        }
    }
    assert!(contents("/session.yaml").contains("duration: 30s"));
    assert!(
        contents("/pods.yaml").contains("harbor-server-1")
            && contents("/pods.yaml").contains("BALLSESSION_FPS")
    );
    assert!(contents("/events.yaml").contains("harbor-server-1 Bearer [removed]"));
    for name in ["/pods.yaml", "/events.yaml"] {
        assert!(!contents(name).contains("harbor-2-server-1"), "of another session: {}", contents(name));
    }
    assert!(contents("/doctor.txt").contains("definition"));
    world.finish().await;
}
