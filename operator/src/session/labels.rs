//! The labels by which a session and its parts are found. The selectors of a Deployment cannot change, so neither
//! can these.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

/// Who manages the children: the label to watch them by.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The name of the session that a child belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Which part of the session it is.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// What it is a part of, for the operator and for sessions.
pub const NAME: &str = "app.kubernetes.io/name";
/// The UID of the session that a client's pod was made for.
pub const SESSION_UID: &str = "ballsession.dev/session-uid";
/// Which client of its session a pod is.
pub const CLIENT_INDEX: &str = "ballsession.dev/client-index";
/// Which of the operator's pods takes reports; its value is the name of the lease that is held there.
pub const LEADER: &str = "ballsession.dev/leader";
/// The label and annotation by which Kubernetes says which pod of its Job one is: earlier versions ran clients so.
pub const JOB_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The value of [`NAME`] and [`MANAGED_BY`] that is the operator.
pub const OPERATOR: &str = "ballsession-operator";
/// The value of [`NAME`] that is a session.
pub const SESSION: &str = "ballsession";

/// The parts of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The server.
    Server,
    /// The clients.
    Client,
    /// What both have in common.
    Workload,
    /// By what both check who the operator is.
    ReportCa,
    /// How clients reach the server's media, where that is not at its pod's address.
    Media,
}

impl Component {
    /// The label's value, and the end of the names of its objects.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Workload => "workload",
            Self::ReportCa => "report-ca",
            Self::Media => "media",
        }
    }
}

/// All labels of an object of a session.
pub fn of(session: &str, component: Component) -> BTreeMap<String, String> {
    let mut labels = selecting(session, component);
    labels.insert("app.kubernetes.io/part-of".into(), SESSION.into());
    labels.insert(MANAGED_BY.into(), OPERATOR.into());
    labels
}

/// The labels that distinguish the pods of a part from all others in their namespace.
pub fn selecting(session: &str, component: Component) -> BTreeMap<String, String> {
    [(NAME, SESSION), (INSTANCE, session), (COMPONENT, component.as_str())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// Which client of its session a pod with this metadata is.
pub fn client_index(metadata: &ObjectMeta) -> Option<u32> {
    let label = |key: &str| metadata.labels.as_ref()?.get(key);
    let annotation = |key: &str| metadata.annotations.as_ref()?.get(key);
    label(CLIENT_INDEX).or_else(|| annotation(JOB_INDEX))?.parse().ok()
}

/// Selects the pods of a part.
pub fn selector(session: &str, component: Component) -> LabelSelector {
    LabelSelector { match_labels: Some(selecting(session, component)), ..LabelSelector::default() }
}

/// The same in the notation of `kubectl get pods --selector`.
pub fn selector_text(session: &str, component: Component) -> String {
    let pairs: Vec<_> =
        selecting(session, component).iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_select_what_carries_the_labels_and_nothing_else() {
        let server = of("harbor", Component::Server);
        let selects = |labels: BTreeMap<String, String>| {
            labels.iter().all(|(key, value)| server.get(key) == Some(value))
        };
        assert!(selects(selecting("harbor", Component::Server)));
        assert!(!selects(selecting("harbor", Component::Client)));
        assert!(!selects(selecting("harbor-2", Component::Server)));
        assert_eq!(
            selector_text("harbor", Component::Client),
            "app.kubernetes.io/component=client,app.kubernetes.io/instance=harbor,app.kubernetes.io/name=ballsession"
        );
    }
}
