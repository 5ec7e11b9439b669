//! Pods of a session.

use k8s_openapi::api::core::v1::Pod;

/// A part of a session that has pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The server.
    Server,
    /// The clients.
    Client,
}

impl Part {
    /// Selects its pods.
    pub(crate) fn selector(self, session: &str) -> String {
        format!(
            "app.kubernetes.io/name=ballsession,app.kubernetes.io/instance={session},app.kubernetes.io/component={}",
            self.as_str()
        )
    }

    /// The end of the names of its objects.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// Whether a pod is ready, and not about to end.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut ready = conditions.filter(|condition| condition.type_ == "Ready" && condition.status == "True");
    pod.metadata.deletion_timestamp.is_none() && ready.next().is_some()
}

/// The node that a pod runs on; empty before it has one.
pub fn node(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
}

/// What a variable of its first container is set to.
pub fn variable<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let container = pod.spec.as_ref()?.containers.first()?;
    let mut variables = container.env.iter().flatten();
    variables.find(|variable| variable.name == name)?.value.as_deref()
}

/// A pod's UID, which no other pod will have.
pub fn uid(pod: &Pod) -> &str {
    pod.metadata.uid.as_deref().unwrap_or_default()
}

/// A pod's addresses, one of each family that the cluster has.
pub fn addresses(pod: &Pod) -> Vec<String> {
    let addresses = pod.status.iter().flat_map(|status| status.pod_ips.iter().flatten());
    addresses.map(|address| address.ip.clone()).collect()
}
