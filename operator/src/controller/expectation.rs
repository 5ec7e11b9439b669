//! What the reports are to expect of a session: which clients are done, and what its pods are made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use crate::controller::observe::finished_clients;
use crate::controller::resources::{Desired, Prepared, Resources};
use crate::session::{Session, short_hash};

/// Names what the pods of a session are made of: where it changes, the operator disturbs media by itself.
pub(super) fn epoch(prepared: &Resources<Prepared>) -> String {
    let server = match &prepared.server_deployment {
        Desired::Present(deployment) => Some(&deployment.spec.template),
        Desired::Absent | Desired::AsItIs => None,
    };
    let client = match &prepared.client_job {
        Desired::Present(job) => job.spec.as_ref().map(|spec| &spec.template),
        Desired::Absent | Desired::AsItIs => None,
    };
    short_hash(&(server, client))
}

/// The clients of a bounded run that are done.
pub(super) fn finished(session: &Session, pods: &[Arc<Pod>], job: Option<&Job>) -> BTreeSet<u32> {
    let job = job.filter(|_| session.duration.is_some());
    job.map(|job| finished_clients(pods, job)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::{build, fixture};

    fn epoch_of(spec: &Value) -> String {
        epoch(&build(&fixture::session(spec), &fixture::nothing(), &fixture::settings()))
    }

    #[test]
    fn an_epoch_is_of_what_pods_are_made_of() {
        let base = epoch_of(&json!({}));
        for same in [
            json!({"clients": 7}),
            json!({"objectives": {"lossPercent": "5", "window": "5s"}}),
            json!({"suspend": true}),
            json!({"networkPolicy": "Isolated"}),
        ] {
            assert_eq!(epoch_of(&same), base, "{same}");
        }
        for other in [
            json!({"video": {"bitrateKbps": 2000}}),
            json!({"server": {"image": "mine:1"}}),
            json!({"client": {"faults": ["drop=1%"]}}),
            json!({"placement": "CrossNode"}),
        ] {
            assert_ne!(epoch_of(&other), base, "{other}");
        }
    }

    #[test]
    fn clients_are_done_when_their_job_or_their_pod_says_so() {
        let job: Job = serde_json::from_value(json!({
            "metadata": {"uid": "job-uid"}, "spec": {"activeDeadlineSeconds": 420, "template": {}}, "status": {"completedIndexes": "0,2-3"}
        }))
        .unwrap();
        let finished = |spec: &Value| super::finished(&fixture::session(spec), &[], Some(&job));
        assert_eq!(finished(&json!({"duration": "5m"})), [0, 2, 3].into());
        assert_eq!(finished(&json!({})), BTreeSet::new(), "of a run without an end none is done");
    }
}
