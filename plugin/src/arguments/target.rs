//! Which cluster and namespace, as kubectl has it.

use std::path::PathBuf;

use clap::Args;

/// Which cluster and namespace.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// The namespace [default: the context's]
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// The context of the kubeconfig file [default: its current one]
    #[arg(long, global = true, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
    /// The kubeconfig file [default: what $KUBECONFIG names, or ~/.kube/config]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}
