//! `doctor`: reads what sessions need, and prints a line for each subject.

use std::collections::BTreeSet;

use anyhow::Result;
use crds::BallSession;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{LimitRange, Namespace, Pod, ResourceQuota};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, PostParams};
use kube::{CustomResourceExt, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::cluster::{
    CLIENT, Cluster, Listed, OPERATOR_SELECTOR, SERVER, labels, listed, of_namespace, within,
};
use crate::commands::output::print;
use crate::doctor::{self, Check, Level, RIGHTS, Read, Right, lines};
use crate::exit::Exit;

/// The group and version that sessions are of.
const GROUP_VERSION: &str = "ballsession.dev/v1alpha1";

/// Examines; where sessions cannot work, the exit code says so.
pub(super) async fn doctor(cluster: &Cluster, operator_namespace: &str) -> Result<Exit> {
    let checks = examine(cluster, operator_namespace).await;
    print(&lines(&checks))?;
    let is_failed = checks.iter().any(|check| check.level == Level::Fail);
    Ok(if is_failed { Exit::CouldNotRun } else { Exit::Done })
}

/// All lines. Nothing is asked of an API server that does not answer.
pub(super) async fn examine(cluster: &Cluster, operator_namespace: &str) -> Vec<Check> {
    let version = read(within(cluster.client.apiserver_version()).await).map(|info| (info.major, info.minor));
    let mut checks = vec![doctor::version(&version)];
    if version.is_err() {
        return checks;
    }
    checks.push(definition(cluster).await);
    checks.extend(operator(cluster, operator_namespace).await);
    checks.extend(doctor::rights(&rights(cluster).await, &cluster.namespace));
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    let namespace = read(within(namespaces.get_opt(&cluster.namespace)).await);
    checks.push(doctor::pod_security(&cluster.namespace, &namespace));
    let (quotas, ranges) = (all::<ResourceQuota>(cluster, "").await, all::<LimitRange>(cluster, "").await);
    checks.extend(doctor::quotas(&quotas, &ranges));
    // As `run` would call one: policies may select by any of its labels.
    let parts = [("server", labels("run-xxxxx", SERVER)), ("client", labels("run-xxxxx", CLIENT))];
    checks.push(doctor::policies(&all::<NetworkPolicy>(cluster, "").await, &parts));
    checks
}

async fn definition(cluster: &Cluster) -> Check {
    let served = within(async {
        match cluster.client.list_api_group_resources(GROUP_VERSION).await {
            Ok(list) => Ok(list.resources.iter().any(|resource| resource.name == BallSession::plural(&()))),
            // By its code: there is no reason in an answer that is plain text.
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
            Err(error) => Err(error),
        }
    });
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    let stored = within(definitions.get_opt(BallSession::crd_name())).await;
    doctor::definition(&read(served.await), &read(stored))
}

/// The operators, and the lease of each namespace that has one.
async fn operator(cluster: &Cluster, operator_namespace: &str) -> Vec<Check> {
    let everywhere: Api<Deployment> = Api::all(cluster.client.clone());
    let (deployments, place) = match listed(&everywhere, OPERATOR_SELECTOR).await.and_then(Listed::whole) {
        Ok(deployments) => (Ok(deployments), "any namespace".to_owned()),
        // Who may not list those of all namespaces may do so in one.
        Err(_) => {
            let there = Cluster { namespace: operator_namespace.to_owned(), ..cluster.clone() };
            (all(&there, OPERATOR_SELECTOR).await, format!("namespace {operator_namespace}"))
        }
    };
    let mut checks = doctor::operator(&deployments, &place);
    checks.extend(doctor::watched(&deployments, &cluster.namespace));
    let namespaces: BTreeSet<String> =
        deployments.iter().flatten().filter_map(|deployment: &Deployment| deployment.namespace()).collect();
    for namespace in namespaces {
        let there = Cluster { namespace: namespace.clone(), ..cluster.clone() };
        let leases = all::<Lease>(&there, OPERATOR_SELECTOR).await;
        let pods = all::<Pod>(&there, OPERATOR_SELECTOR).await;
        checks.push(doctor::lease(&namespace, &leases, &pods, Timestamp::now()));
    }
    checks
}

async fn rights(cluster: &Cluster) -> Read<Vec<bool>> {
    let mut allowed = Vec::with_capacity(RIGHTS.len());
    for right in RIGHTS {
        allowed.push(is_allowed(cluster, right).await?);
    }
    Ok(allowed)
}

async fn is_allowed(cluster: &Cluster, right: Right) -> Read<bool> {
    let review = json!({"metadata": {}, "spec": {"resourceAttributes": {
        "namespace": cluster.namespace, "verb": right.verb, "group": right.group, "resource": right.resource,
        "subresource": right.subresource
    }}});
    let review: SelfSubjectAccessReview =
        serde_json::from_value(review).map_err(|error| error.to_string())?;
    let reviews: Api<SelfSubjectAccessReview> = Api::all(cluster.client.clone());
    let answer = read(within(reviews.create(&PostParams::default(), &review)).await)?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// All of a kind in the cluster's namespace that have the labels.
async fn all<K>(cluster: &Cluster, selector: &str) -> Read<Vec<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    read(of_namespace(cluster, selector).await.and_then(Listed::whole))
}

fn read<T>(answer: Result<T>) -> Read<T> {
    answer.map_err(|error| format!("{error:#}"))
}
