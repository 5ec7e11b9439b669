//! What went wrong with the API server, in one line.

use std::error::Error as StdError;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};
use kube::runtime::watcher;

/// How long one request may take: the client waits and tries again by itself for much longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The words of the API server where it refuses something, else the cause of all that the client says around it.
pub(crate) fn explained(error: kube::Error) -> Error {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => anyhow!("{}", status.message),
        kube::Error::Service(error) => anyhow!("the API server cannot be reached: {}", root(&*error)),
        error => anyhow!("{}", root(&error)),
    }
}

/// The same of a watch.
pub(crate) fn watch_explained(error: watcher::Error) -> Error {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => explained(error),
        watcher::Error::WatchError(status) => anyhow!("{}", status.message),
        error => anyhow!("{}", root(&error)),
    }
}

/// What an error comes from in the end. The clients' errors have the words of what is below them in their own.
pub(super) fn root(error: &(dyn StdError + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
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

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn a_refusal_is_in_the_words_of_the_api_server_and_all_else_in_those_of_its_cause() {
        let refused = Status::failure("pods is forbidden", "Forbidden").with_code(403).boxed();
        assert_eq!(explained(kube::Error::Api(refused)).to_string(), "pods is forbidden");
        let inner = std::io::Error::other("Connection refused");
        let outer = std::io::Error::other(kube::Error::Service(Box::new(inner)));
        let unreachable = explained(kube::Error::Service(Box::new(outer)));
        assert_eq!(unreachable.to_string(), "the API server cannot be reached: Connection refused");
        let odd = serde_json::from_str::<u8>("x").unwrap_err();
        let unreadable = watch_explained(watcher::Error::WatchFailed(kube::Error::SerdeError(odd)));
        assert_eq!(unreadable.to_string(), "expected value at line 1 column 1");
    }
}
