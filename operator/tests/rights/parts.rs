//! Objects that are no parts of a session, and parts that would do something else.

use ballsession_operator::settings::PodDefaults;
use serde_json::json;

use crate::attempt::{Change, created};
use crate::refusal::{ANNOTATIONS, ANY, BELONGS, LABELS, NAMES, SELECTS, SERVICE};
use crate::world::{World, of_kind, parts, settings};

/// Of all that the operator makes.
fn of_parts() -> Vec<Change> {
    vec![
        ("without an owner", BELONGS, |part| part["metadata"]["ownerReferences"] = json!([])),
        ("with an owner that does not control it", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["controller"] = json!(false);
        }),
        ("with an owner of another kind", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["kind"] = json!("Ball");
        }),
        ("with an owner of another group", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["apiVersion"] = json!("example.com/v1");
        }),
        ("without a label", LABELS, |part| {
            part["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("helm");
        }),
        ("with the label of another session", LABELS, |part| {
            part["metadata"]["labels"]["app.kubernetes.io/instance"] = json!("quay");
        }),
        ("with the label of another part", LABELS, |part| {
            let another = if part["kind"] == "Pod" { "server" } else { "proxy" };
            part["metadata"]["labels"]["app.kubernetes.io/component"] = json!(another);
        }),
        ("under another name", NAMES, |part| part["metadata"]["name"] = json!("kube-dns")),
    ]
}

#[tokio::test]
async fn what_is_no_part_of_a_session_is_not_made() {
    let Some(client) = cluster::client("what_is_no_part_of_a_session_is_not_made").await else { return };
    let world = World::create(&client).await;
    let session = world.session("pier", &json!({"networkPolicy": "Isolated", "path": "NodePort"})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    // Without it a pod is refused for another reason.
    world.make(&of_kind(&parts, "ServiceAccount")).await.unwrap();
    for part in &parts {
        for change in of_parts() {
            let mut attempt = created(&change, part.clone(), change.2);
            // Whose pods they are is another policy's as well, which goes by this label.
            let has_pods = matches!(part["kind"].as_str(), Some("Pod" | "Deployment"));
            if has_pods && change.0 == "with the label of another session" {
                attempt.refusal = ANY;
            }
            attempt.is_refused(&world).await;
        }
    }
    let others: [(&str, Change); 6] = [
        ("Service", ("another type", SERVICE, |service| service["spec"]["type"] = json!("NodePort"))),
        (
            "Service",
            ("an external address", SERVICE, |service| service["spec"]["externalIPs"] = json!(["192.0.2.1"])),
        ),
        (
            "Service",
            ("another name's address", SERVICE, |service| {
                service["spec"] = json!({"type": "ExternalName", "externalName": "example.com"});
            }),
        ),
        ("Service", ("other pods", SERVICE, |service| service["spec"]["selector"] = json!({"app": "web"}))),
        (
            "ServiceAccount",
            ("a role of a cloud", ANNOTATIONS, |account| {
                account["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": "admin"});
            }),
        ),
        ("NetworkPolicy", ("all pods", SELECTS, |policy| policy["spec"]["podSelector"] = json!({}))),
    ];
    let media: [Change; 3] = [
        ("media by TCP", SERVICE, |service| service["spec"]["ports"][0]["protocol"] = json!("TCP")),
        ("media of other pods", SERVICE, |service| service["spec"]["selector"] = json!({"app": "web"})),
        ("media by another name", SERVICE, |service| {
            service["spec"] = json!({"type": "ExternalName", "externalName": "example.com"});
        }),
    ];
    for change in media {
        let service = parts.iter().find(|part| part["metadata"]["name"] == "pier-media").unwrap().clone();
        created(&change, service, change.2).is_refused(&world).await;
    }
    for (kind, change) in others {
        created(&change, of_kind(&parts, kind), change.2).is_refused(&world).await;
    }
    world.delete().await;
}
