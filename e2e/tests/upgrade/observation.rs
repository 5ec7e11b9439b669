//! What all sessions of a namespace are at one moment.

use std::collections::BTreeMap;

use anyhow::Result;
use ballsession_e2e::{Stage, is_ready, uid};
use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, ListParams};

/// What was observed of a session. A pod that was told to end is none of its pods any more.
#[derive(Debug, Default)]
pub(crate) struct Observation {
    /// The UID of its server's pod.
    pub(crate) server: Option<String>,
    /// Those of its clients' pods, sorted.
    pub(crate) clients: Vec<String>,
    /// All of these are ready, and the session too.
    pub(crate) is_ready: bool,
    /// The new version has taken it over as it was.
    pub(crate) is_adopted: bool,
    /// Its pods are those of the new version, or about to be.
    pub(crate) has_moved: bool,
    /// Its run is over.
    pub(crate) is_complete: bool,
}

impl Observation {
    /// Whether all of its pods are others, and work.
    pub(crate) fn is_settled(&self, server: &str, clients: &[String]) -> bool {
        let is_other = self.server.as_deref().is_some_and(|now| now != server)
            && !self.clients.is_empty()
            && self.clients.iter().all(|client| !clients.contains(client));
        is_other && self.is_ready
    }
}

/// Reads the pods first: of a session that has not moved after that, they cannot have been touched.
pub(crate) async fn observe(stage: &Stage) -> Result<BTreeMap<String, Observation>> {
    let pods: Api<Pod> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let sessions: Api<BallSession> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let pods = pods.list(&ListParams::default()).await?.items;
    let sessions = sessions.list(&ListParams::default()).await?.items;
    Ok(sessions.iter().map(|session| (session.name_any(), observed(session, &pods))).collect())
}

fn observed(session: &BallSession, pods: &[Pod]) -> Observation {
    let label = |pod: &Pod, key: &str| pod.labels().get(key).cloned().unwrap_or_default();
    let name = session.name_any();
    let is_its = |pod: &&Pod| {
        pod.metadata.deletion_timestamp.is_none() && label(pod, "app.kubernetes.io/instance") == name
    };
    let of = |part: &str| -> Vec<&Pod> {
        pods.iter().filter(is_its).filter(|pod| label(pod, "app.kubernetes.io/component") == part).collect()
    };
    let (servers, clients) = (of("server"), of("client"));
    let is_true = |kind: &str| {
        let conditions = session.status.iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|condition| condition.type_ == kind && condition.status == "True")
    };
    let run = session.status.as_ref().and_then(|status| status.run.as_ref());
    let is_adopted = run.is_some_and(|run| run.adopted.is_some());
    // The version before does not store when a run began.
    let is_known = run.is_some_and(|run| run.started_at.is_some());
    let mut uids: Vec<_> = clients.iter().map(|pod| uid(pod).to_owned()).collect();
    uids.sort();
    Observation {
        server: servers.first().map(|pod| uid(pod).to_owned()),
        clients: uids,
        is_ready: is_true("Ready") && servers.iter().chain(&clients).all(|pod| is_ready(pod)),
        is_adopted,
        has_moved: is_known && !is_adopted,
        is_complete: is_true("Complete"),
    }
}
