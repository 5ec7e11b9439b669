//! The way to the API server, as kubectl finds it.

use std::time::Duration;

use anyhow::{Result, anyhow};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::arguments::Target;
use crate::cluster::error::root;

/// Longer than the API server lets a watch last; what is silent for so long is gone.
const READ_TIMEOUT: Duration = Duration::from_secs(330);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An API server, and the namespace that commands are about.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

/// The cluster that `target` names, else the one of the environment.
///
/// # Errors
/// Where there is none, or its configuration cannot be used. Nothing is sent yet.
pub(crate) async fn connect(target: &Target) -> Result<Cluster> {
    let mut config = configuration(target).await?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    let namespace = target.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let client = Client::try_from(config)
        .map_err(|error| anyhow!("cannot use the cluster's configuration: {}", root(&error)))?;
    Ok(Cluster { client, namespace })
}

async fn configuration(target: &Target) -> Result<Config> {
    let options = KubeConfigOptions { context: target.context.clone(), ..KubeConfigOptions::default() };
    if let Some(file) = &target.kubeconfig {
        let unusable = |error: KubeconfigError| {
            anyhow!("cannot use the kubeconfig file {}: {}", file.display(), root(&error))
        };
        let kubeconfig = Kubeconfig::read_from(file).map_err(unusable)?;
        return Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(unusable);
    }
    if let Some(context) = &target.context {
        let unusable =
            |error| anyhow!("cannot use the context {context:?} of the kubeconfig file: {}", root(&error));
        return Config::from_kubeconfig(&options).await.map_err(unusable);
    }
    Config::infer().await.map_err(|error| {
        let why = root(&error);
        anyhow!("there is no cluster, neither by $KUBECONFIG, ~/.kube/config or --kubeconfig nor a pod's own: {why}")
    })
}
