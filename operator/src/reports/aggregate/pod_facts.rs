//! What is known of a pod beside its reports.

use crds::contract::RUN_ANNOTATION;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::reports::stores::PodKey;
use crate::session::labels;
use crate::session::pod::node;

/// What is known of a pod beside its reports.
#[derive(Debug, Clone)]
pub(in crate::reports) struct PodFacts {
    pub(in crate::reports) key: PodKey,
    /// By the API server's clock, which orders a server and its successor whatever the clocks of their nodes say.
    pub(in crate::reports) created: Option<Timestamp>,
    pub(in crate::reports) node: Option<String>,
    /// The hash of the run that it was made for.
    pub(in crate::reports) run: Option<String>,
    /// Which client it is.
    pub(in crate::reports) index: Option<u32>,
    /// It was told to end.
    pub(in crate::reports) is_ending: bool,
}

impl PodFacts {
    pub(in crate::reports) fn of(key: &PodKey, pod: &Pod) -> Self {
        let annotations = pod.metadata.annotations.as_ref();
        let annotation = |name: &str| annotations.and_then(|annotations| annotations.get(name));
        Self {
            key: key.clone(),
            created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
            node: node(pod).map(str::to_owned),
            run: annotation(RUN_ANNOTATION).cloned(),
            index: labels::client_index(&pod.metadata),
            is_ending: pod.metadata.deletion_timestamp.is_some(),
        }
    }
}
