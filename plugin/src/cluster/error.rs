//! What the API server refuses, in one line.

use std::time::Duration;

use anyhow::{Error, Result, anyhow};

/// How long one request may take: the client waits and tries again by itself for much longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The words of the API server, without what the client says around them.
pub(crate) fn explained(error: kube::Error) -> Error {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => anyhow!("{}", status.message),
        error => Error::new(error),
    }
}

/// The answer to a request, or that there is none in time.
///
/// # Errors
/// Where the request fails or takes too long.
pub(crate) async fn within<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T> {
    match tokio::time::timeout(LIMIT, request).await {
        Ok(answer) => answer.map_err(explained),
        Err(_) => Err(anyhow!("the API server has not answered within {} s", LIMIT.as_secs())),
    }
}
