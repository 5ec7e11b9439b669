//! Sessions in the cluster.

use anyhow::{Context, Result, anyhow};
use crds::BallSession;
use kube::api::{Api, DeleteParams, DynamicObject, PostParams, Preconditions};
use kube::{CustomResourceExt, ResourceExt};
use serde_json::Value;

use crate::cluster::connect::Cluster;
use crate::cluster::error::within;
use crate::cluster::pages::{Listed, all};

/// What is said where the definition is missing.
const NOT_INSTALLED: &str =
    "the cluster does not know BallSession v1alpha1: `kubectl ballsession doctor` says what is missing";

/// The sessions of the namespace.
pub(crate) fn sessions(cluster: &Cluster) -> Api<BallSession> {
    Api::namespaced(cluster.client.clone(), &cluster.namespace)
}

/// One session.
///
/// # Errors
/// Where there is none of that name, or it cannot be read.
pub(crate) async fn get(cluster: &Cluster, name: &str) -> Result<BallSession> {
    within(known(sessions(cluster).get(name))).await.with_context(|| of(cluster, name))
}

/// The sessions of the namespace, or of all.
///
/// # Errors
/// Where they cannot be read.
pub(crate) async fn list(cluster: &Cluster, all_namespaces: bool) -> Result<Vec<BallSession>> {
    let api = if all_namespaces { Api::all(cluster.client.clone()) } else { sessions(cluster) };
    let listed = all("", async |params| within(known(api.list(&params))).await).await;
    listed.and_then(Listed::whole).context("sessions cannot be listed")
}

/// Stores a session as it is written.
///
/// # Errors
/// Where the API server refuses it.
pub(crate) async fn create(cluster: &Cluster, resource: Value) -> Result<BallSession> {
    let object: DynamicObject = serde_json::from_value(resource).context("the session is no object")?;
    let api: Api<DynamicObject> =
        Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &BallSession::api_resource());
    let created = within(known(api.create(&PostParams::default(), &object))).await;
    let created = created
        .with_context(|| format!("the session cannot be created in namespace {}", cluster.namespace))?;
    created.try_parse().map_err(|error| anyhow!("the API server's session cannot be read: {error}"))
}

/// Removes the session, and no other one of its name.
///
/// # Errors
/// Where it cannot be removed. One that is gone already is no error.
pub(crate) async fn delete(cluster: &Cluster, session: &BallSession) -> Result<()> {
    let name = session.name_any();
    let preconditions = Preconditions { uid: session.uid(), resource_version: None };
    let api = sessions(cluster);
    let params = DeleteParams::background().preconditions(preconditions);
    let deleted = within(async {
        match api.delete(&name, &params).await {
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            other => other.map(|_| ()),
        }
    });
    deleted.await.with_context(|| format!("{} cannot be removed", of(cluster, &name)))
}

/// A request about sessions, with an answer for people where there is no such resource.
async fn known<T>(request: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
    request.await.map_err(unknown)
}

/// What is refused about sessions, in words where it is for want of the definition. Of a session that does not exist the API
/// server says which; of an unknown resource it knows no details.
pub(crate) fn unknown(error: kube::Error) -> kube::Error {
    match error {
        // By its code: there is no reason in an answer that is plain text.
        kube::Error::Api(mut status) if status.code == 404 && status.details.is_none() => {
            status.message = NOT_INSTALLED.to_owned();
            kube::Error::Api(status)
        }
        other => other,
    }
}

fn of(cluster: &Cluster, name: &str) -> String {
    format!("session {name} in namespace {}", cluster.namespace)
}
