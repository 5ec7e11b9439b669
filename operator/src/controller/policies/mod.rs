//! The NetworkPolicies that select the pods of a session. They are no fault by themselves; where media is blocked they are
//! what to look at first.

mod selecting;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::PodSettings;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::controller::list_within::list_within;
use crate::controller::policies::selecting::Labels;
use crate::controller::policies::words::words;
use crate::session::Session;
use crate::session::labels::{self, Component};
use crate::session::pod::is_part;
use crate::settings::{PodDefaults, with_defaults};

/// After one list of a namespace's policies the next may be read for the same session.
const PAUSE: Duration = Duration::from_secs(30);

/// Policies of a namespace that are read at most.
const MOST: u32 = 100;

/// What was found when the policies were read last.
#[derive(Debug, Clone)]
pub(super) struct Policies {
    at: Instant,
    words: Option<String>,
}

impl Policies {
    /// What was found at `now`.
    pub(super) fn found(words: Option<String>, now: Instant) -> Self {
        Self { at: now, words }
    }

    /// What was found, if that is not too long ago to be good enough.
    pub(super) fn holds(&self, now: Instant) -> Option<Option<&str>> {
        (now.saturating_duration_since(self.at) < PAUSE).then_some(self.words.as_deref())
    }
}

/// Reads the policies of a session's namespace, and names those of others that select its pods. Those that cannot be read are
/// none.
pub(super) async fn read(
    client: &Client,
    defaults: &PodDefaults,
    session: &Session,
    pods: &[Arc<Pod>],
) -> Option<String> {
    let api: Api<NetworkPolicy> = Api::namespaced(client.clone(), &session.namespace);
    let params = ListParams::default().limit(MOST);
    let list = list_within(&api, &params).await?;
    let is_more = list.metadata.continue_.is_some_and(|token| !token.is_empty());
    let mut of_others = list.items;
    // Those of the session itself let pass what it needs.
    of_others.retain(|policy| !session.owns(policy));
    let server = with_defaults(&session.spec.server, &defaults.server);
    let client = with_defaults(&session.spec.client.pod, &defaults.client);
    let server = labels_of(pods, session, Component::Server, &server);
    let client = labels_of(pods, session, Component::Client, &client);
    words(&of_others, &server, &client, is_more)
}

/// The labels of a part's pods: those of one that is there, which others may have added to, else those that it is going to
/// have.
fn labels_of(pods: &[Arc<Pod>], session: &Session, component: Component, settings: &PodSettings) -> Labels {
    let live = pods.iter().find(|pod| is_part(pod, component)).map(|pod| pod.labels().clone());
    live.unwrap_or_else(|| {
        let own = labels::of(&session.name, component);
        settings.pod_labels.clone().into_iter().chain(own).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_once_in_a_while() {
        let now = Instant::now();
        let found = Policies::found(Some("NetworkPolicy p".into()), now);
        let at = |seconds| found.holds(now + Duration::from_secs(seconds));
        assert_eq!(at(29), Some(Some("NetworkPolicy p")));
        assert_eq!(at(30), None);
        assert_eq!(Policies::found(None, now).holds(now), Some(None), "that there are none is an answer");
    }
}
