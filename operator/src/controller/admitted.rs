//! Where the pods of clients with nodes of their own may be by what admission made of them: a RuntimeClass, or the namespace, gives
//! pods node selectors and tolerations that no builder knows of. They are read back from the pods that were made.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, PodSpec, Toleration};

use crate::clients::ClientPod;
use crate::session::Session;

/// What admission made of the pods of a session. It may be lost: then the first pods that are made anew bring it back, at the price
/// of some on nodes that do not take them.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    /// The hash of what the pods were to be made of.
    template: String,
    node_selector: Option<BTreeMap<String, String>>,
    tolerations: Option<Vec<Toleration>>,
}

impl Admitted {
    /// What the scheduler goes by of pods that are `built` so, whose template has this hash.
    pub(super) fn complete(
        &mut self,
        built: PodSpec,
        template: &str,
        pods: &[Arc<Pod>],
        session: &Session,
    ) -> PodSpec {
        if self.template != template {
            *self = Self { template: template.to_owned(), ..Self::default() };
        }
        let (uid, name) = (&session.owner.uid, session.client_name());
        let is_made_so = |pod: &&Arc<Pod>| {
            let client = ClientPod::of(pod, uid, &name);
            client.is_some_and(|client| client.template == template && client.pinned.is_some())
        };
        let created = |pod: &&Arc<Pod>| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        if let Some(spec) =
            pods.iter().filter(is_made_so).max_by_key(created).and_then(|pod| pod.spec.as_ref())
        {
            self.node_selector.clone_from(&spec.node_selector);
            self.tolerations.clone_from(&spec.tolerations);
        }
        let (node_selector, tolerations) = (self.node_selector.clone(), self.tolerations.clone());
        PodSpec {
            node_selector: node_selector.or(built.node_selector),
            tolerations: tolerations.or(built.tolerations),
            ..built
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::fixture::session;

    fn pod(template: &str, created: &str, spec: &Value) -> Arc<Pod> {
        let pin = json!({"key": "metadata.name", "operator": "In", "values": ["a"]});
        let required = json!({"nodeSelectorTerms": [{"matchFields": [pin]}]});
        let mut spec = spec.clone();
        spec["containers"] = json!([]);
        spec["affinity"] =
            json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}});
        let owner = json!({"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid", "controller": true});
        let metadata = json!({
            "name": created, "creationTimestamp": created, "ownerReferences": [owner],
            "labels": {"app.kubernetes.io/component": "client"}, "annotations": {"ballsession.dev/template-hash": template}
        });
        Arc::new(serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
    }

    #[test]
    fn what_admission_added_counts_as_long_as_the_same_is_made() {
        let session = session(&json!({"placement": "EachNode"}));
        let built = || PodSpec {
            node_selector: Some([("os".to_owned(), "linux".to_owned())].into()),
            ..PodSpec::default()
        };
        let mut admitted = Admitted::default();
        let mut complete = |template: &str, pods: &[Arc<Pod>]| {
            let spec = admitted.complete(built(), template, pods, &session);
            (
                spec.node_selector.unwrap().into_keys().collect::<Vec<_>>(),
                spec.tolerations.map_or(0, |all| all.len()),
            )
        };
        assert_eq!(complete("t", &[]), (vec!["os".to_owned()], 0));
        let sandboxed = json!({"nodeSelector": {"os": "linux", "sandbox": "yes"}, "tolerations": [{"key": "sandbox", "operator": "Exists"}]});
        let before = pod("t", "2026-01-01T00:00:00Z", &json!({"nodeSelector": {"os": "linux"}}));
        let pods = [
            pod("t", "2026-01-01T00:00:09Z", &sandboxed),
            before,
            pod("other", "2026-01-01T00:00:20Z", &json!({})),
        ];
        let known = (vec!["os".to_owned(), "sandbox".into()], 1);
        assert_eq!(complete("t", &pods), known);
        assert_eq!(complete("t", &[]), known, "no node takes them, and they are gone");
        assert_eq!(complete("u", &[]).1, 0, "something else is asked for");
    }
}
