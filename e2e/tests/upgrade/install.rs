//! Installs a version of the operator.

use anyhow::Result;
use ballsession_e2e::{OPERATOR_NAMESPACE, kubectl};

/// Installs what is in this file, and waits until it works, as `make install` does.
pub(crate) async fn install(file: &str) -> Result<()> {
    kubectl(&["apply", "--server-side", "--force-conflicts", "-f", file]).await?;
    kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd/ballsessions.ballsession.dev"])
        .await?;
    let deployment = "deployment/ballsession-operator";
    kubectl(&["-n", OPERATOR_NAMESPACE, "rollout", "status", deployment, "--timeout=110s"]).await?;
    Ok(())
}
