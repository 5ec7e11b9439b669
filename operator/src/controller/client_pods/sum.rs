//! Calls that together have to fit into the time of a reconcile, with something left of it for the status.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::{Instant, timeout_at};

use crate::controller::apply::Error;

/// How long all calls of one reconcile about client pods may take: longer than the API server waits for a webhook by default, so
/// that it can say which one did not answer. What is not done by then is for the next.
pub(super) const PODS_LIMIT: Duration = Duration::from_secs(11);

/// Calls under way at a time for one session.
const CONCURRENT: usize = 5;

/// What several calls came to.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// Whether any of them was answered as it shall be.
    pub(super) has_done: bool,
    /// Whether there was no time left for any of them.
    pub(super) has_left: bool,
    /// The first refusal, if there is one.
    pub(super) refused: Option<Error>,
}

/// Has all of these done, a few at a time. Each says `None` where there was no time left to begin.
pub(super) async fn sum(calls: impl Iterator<Item = impl Future<Output = Option<Result<(), Error>>>>) -> Sum {
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CONCURRENT).collect().await;
    Sum {
        has_done: results.iter().any(|result| matches!(result, Some(Ok(())))),
        has_left: results.iter().any(Option::is_none),
        refused: results.into_iter().flatten().find_map(Result::err),
    }
}

/// The answer to a call that is made until `deadline`; `None` where that has passed before it began.
pub(super) async fn until<T>(
    deadline: Instant,
    late: impl FnOnce() -> Error,
    call: impl Future<Output = Result<T, Error>>,
) -> Option<Result<T, Error>> {
    if Instant::now() >= deadline {
        return None;
    }
    Some(timeout_at(deadline, call).await.unwrap_or_else(|_| Err(late())))
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    fn late() -> Error {
        let (kind, name, message) = ("Pod".into(), "harbor-client-0".into(), "late".into());
        Error::Refused { verb: "create", kind, name, message }
    }

    async fn calls(take: Duration) -> (Sum, Duration) {
        let start = Instant::now();
        let call = |_| {
            until(start + PODS_LIMIT, late, async move {
                sleep(take).await;
                Ok(())
            })
        };
        (sum((0..20).map(call)).await, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn however_slow_the_answers_are_the_calls_are_over_in_time() {
        let (all, took) = calls(Duration::from_secs(1)).await;
        assert_eq!((all.has_done, all.has_left, all.refused, took.as_secs()), (true, false, None, 4));
        let (some, took) = calls(Duration::from_secs(5)).await;
        assert_eq!(
            (some.has_done, some.has_left, some.refused, took),
            (true, true, Some(late()), PODS_LIMIT)
        );
        let (none, took) = calls(Duration::from_secs(12)).await;
        assert_eq!(
            (none.has_done, none.has_left, none.refused, took),
            (false, true, Some(late()), PODS_LIMIT)
        );
    }
}
