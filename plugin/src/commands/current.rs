//! Whether what a session says is of now: of a run that goes on, somebody has to be there who would say otherwise.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, ListParams};

use crate::arguments::OPERATOR_NAMESPACE;
use crate::cluster::{Cluster, OPERATOR_SELECTOR, within};
use crate::doctor::{Leading, Read, leading};
use crate::session::Judgement;

/// The judgement, or that there is no operator any more that could say something else. Where nobody may look, a warning.
pub(super) async fn confirmed(cluster: &Cluster, judgement: Judgement) -> Judgement {
    if !judgement.needs_an_operator() {
        return judgement;
    }
    match leading(&leases(cluster).await, Timestamp::now()) {
        Leading::Alive => judgement,
        Leading::Dead(why) => judgement.without_operator(&why),
        Leading::Unknown(why) => {
            eprintln!("warning: whether an operator is alive is not known, so this may be of before: {why}");
            judgement
        }
    }
}

/// The operators' leases: of all namespaces, else of those in which one is likely.
async fn leases(cluster: &Cluster) -> Read<Vec<Lease>> {
    let params = ListParams::default().labels(OPERATOR_SELECTOR);
    let listed = async |api: Api<Lease>| within(api.list(&params)).await.map(|list| list.items);
    let client = || cluster.client.clone();
    let refused = match listed(Api::all(client())).await {
        Ok(leases) => return Ok(leases),
        Err(error) => error,
    };
    let mut leases = Vec::new();
    for namespace in [cluster.namespace.as_str(), OPERATOR_NAMESPACE] {
        leases.extend(listed(Api::namespaced(client(), namespace)).await.unwrap_or_default());
    }
    // That there is none here does not say that there is none elsewhere.
    if leases.is_empty() { Err(format!("{refused:#}")) } else { Ok(leases) }
}
