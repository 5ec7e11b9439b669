//! The part of kubelets, and what they know of pods.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

/// A pod of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionPod {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) session: String,
    /// Of a client.
    pub(crate) index: Option<u32>,
    /// The UID of the session that it was made for; of a client.
    pub(crate) session_uid: Option<String>,
    pub(crate) attempt: Option<u32>,
    pub(crate) phase: Phase,
    pub(crate) is_leaving: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Ready,
    Succeeded,
    Failed,
}

impl SessionPod {
    fn of(pod: &Pod) -> Self {
        let label = |name: &str| pod.labels().get(name).cloned();
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let phase = match pod.status.as_ref().and_then(|status| status.phase.as_deref()) {
            Some("Running") => Phase::Ready,
            Some("Succeeded") => Phase::Succeeded,
            Some("Failed") => Phase::Failed,
            _ => Phase::Pending,
        };
        Self {
            name: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            session: label("app.kubernetes.io/instance").unwrap_or_default(),
            index: number(label("ballsession.dev/client-index")),
            session_uid: label("ballsession.dev/session-uid"),
            attempt: number(pod.annotations().get("ballsession.dev/attempt").cloned()),
            phase,
            is_leaving: pod.metadata.deletion_timestamp.is_some(),
        }
    }

    /// Whether a process of it may run.
    pub(crate) fn is_live(&self) -> bool {
        !self.is_leaving && matches!(self.phase, Phase::Pending | Phase::Ready)
    }

    pub(crate) fn is_server(&self) -> bool {
        self.index.is_none()
    }
}

/// All pods of sessions.
pub(crate) async fn list(pods: &Api<Pod>) -> Vec<(Pod, SessionPod)> {
    let ours = ListParams::default().labels("app.kubernetes.io/managed-by=ballsession-operator");
    let found = pods.list(&ours).await.unwrap().items;
    found.into_iter().map(|pod| (pod.clone(), SessionPod::of(&pod))).collect()
}

/// Writes a pod's status, if it is still there.
pub(crate) async fn set(pods: &Api<Pod>, pod: &SessionPod, phase: Phase) {
    let status = match phase {
        Phase::Pending => json!({"phase": "Pending"}),
        Phase::Ready => up(),
        Phase::Succeeded => json!({"phase": "Succeeded", "conditions": not_ready()}),
        Phase::Failed => json!({"phase": "Failed", "reason": "Error", "conditions": not_ready()}),
    };
    let patch = Patch::Merge(json!({"metadata": {"uid": pod.uid}, "status": status}));
    gone_is_fine(pods.patch_status(&pod.name, &PatchParams::default(), &patch).await);
}

/// Deletes a pod as a person does.
pub(crate) async fn delete(pods: &Api<Pod>, pod: &SessionPod) {
    gone_is_fine(pods.delete(&pod.name, &DeleteParams::default()).await);
}

fn gone_is_fine<T>(answer: kube::Result<T>) {
    match answer {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {}
        Err(error) => panic!("{error}"),
    }
}

fn up() -> Value {
    let condition = json!({"type": "Ready", "status": "True", "lastTransitionTime": jiff::Timestamp::now()});
    json!({"phase": "Running", "podIP": "10.244.1.7", "conditions": [condition]})
}

fn not_ready() -> Value {
    json!([{"type": "Ready", "status": "False", "lastTransitionTime": jiff::Timestamp::now()}])
}
