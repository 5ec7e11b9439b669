//! Contenders for one lease in a test's namespace, and what is stored of it.

use std::time::{Duration, Instant};

use ballsession_operator::lease::{Lease, Metrics, Settings, Timing};
use cluster::Scratch;
use k8s_openapi::api::coordination::v1::Lease as Record;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

const NAME: &str = "operator";

/// Begins to contend.
pub(crate) fn contend(client: &Client, scratch: &Scratch, identity: &str, timing: Timing) -> Lease {
    let settings = Settings {
        namespace: scratch.name.clone(),
        name: NAME.into(),
        identity: identity.into(),
        predecessors: None,
        timing,
    };
    Lease::contend(client.clone(), settings, Metrics::default())
}

/// For tests that wait for somebody's time to run out.
pub(crate) fn hurried() -> Timing {
    Timing {
        duration: Duration::from_secs(4),
        renew_every: Duration::from_millis(300),
        give_up_after: Duration::from_secs(2),
        retry_every: Duration::from_millis(100),
        request_timeout: Duration::from_millis(700),
    }
}

/// The stored lease.
pub(crate) async fn stored(client: &Client, scratch: &Scratch) -> Record {
    leases(client, scratch).get(NAME).await.unwrap()
}

/// Its holder.
pub(crate) async fn holder(client: &Client, scratch: &Scratch) -> Option<String> {
    stored(client, scratch).await.spec.unwrap().holder_identity
}

/// Makes somebody else its holder, without asking.
pub(crate) async fn give_to(client: &Client, scratch: &Scratch, identity: &str) {
    let patch = Patch::Merge(json!({"spec": {"holderIdentity": identity}}));
    leases(client, scratch).patch(NAME, &PatchParams::default(), &patch).await.unwrap();
}

/// Waits for something to come true.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_true() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn leases(client: &Client, scratch: &Scratch) -> Api<Record> {
    Api::namespaced(client.clone(), &scratch.name)
}
