//! An operator or an API server that is away, and one that refuses.

use serde_json::json;

use crate::case::{Case, When};
use crate::cases::reasons::COMING;
use crate::cases::spec::{steady, steady_with};
use crate::expected::{Answer, Check, Expected, Heals, Since};
use crate::fault::Fault;

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    vec![
        webhook_down(),
        undisturbed("operator killed", Fault::KillOperator).lasting(30),
        undisturbed("API server away for 30 s", Fault::StopApiServer).lasting(30),
        killed_at_the_end(),
    ]
}

fn webhook_down() -> Case {
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "detection-{namespace}"},
        "webhooks": [{
            "name": "pods.down.example", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            // Nobody listens there: refused at once.
            "clientConfig": {"url": "https://127.0.0.1:1/"}, "timeoutSeconds": 2,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "{namespace}"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
        }]
    });
    let expected = Expected {
        ready: Answer::turns(&["PodsForbidden", "ApplyFailed"], 20).also(COMING),
        named: &["pods.down.example"],
        heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
        ..Expected::ANY
    };
    Case::new("webhook that does not answer", Fault::Objects(vec![webhook]), When::Before, steady(), expected)
}

/// Sessions go on without it.
fn undisturbed(name: &'static str, fault: Fault) -> Case {
    Case::new(name, fault, When::Running, steady(), Expected::UNDISTURBED).alone()
}

fn killed_at_the_end() -> Case {
    // A second before the clients are done.
    let spec = steady_with(json!({"duration": "25s"}));
    let expected = Expected { check: Some(Check::Completes), ..Expected::ANY };
    Case::new("operator killed while a run ends", Fault::KillOperatorLater(24), When::Running, spec, expected)
        .alone()
}
