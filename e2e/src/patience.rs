//! Waiting.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep, timeout_at};

/// No scenario waits longer for one thing. Generous: the machine may be busy with other scenarios.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often a thing is looked at.
const STEP: Duration = Duration::from_millis(250);

/// Looks until `look` succeeds. Its errors mean "not yet", those of the cluster's API too: under load a request may
/// fail without harm.
///
/// # Errors
/// Where it does not succeed within `limit`: the last error, with `what` was awaited.
pub async fn eventually<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    let mut last = None;
    loop {
        match timeout_at(deadline, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(not_yet)) => last = Some(not_yet),
            // What was seen before tells more than that time is over.
            Err(over) => last = last.or_else(|| Some(over.into())),
        }
        if Instant::now() + STEP >= deadline {
            let last = last.map_or(Ok(()), Err);
            return last
                .and_then(|()| anyhow::bail!("nothing was seen"))
                .with_context(|| format!("not within {limit:?}: {what}"));
        }
        sleep(STEP).await;
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{anyhow, bail};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_looks_until_there_is_something() {
        let mut looks = 0;
        let found = eventually(PATIENCE, "the third look", async || {
            looks += 1;
            if looks < 3 { bail!("look {looks}") } else { Ok(looks) }
        });
        assert_eq!(found.await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_last_is_in_the_error() {
        let limit = Duration::from_secs(2);
        let mut looks = 0;
        let never: Result<()> = eventually(limit, "rain", async || {
            looks += 1;
            Err(anyhow!("sunshine"))
        })
        .await;
        assert_eq!(format!("{:#}", never.unwrap_err()), "not within 2s: rain: sunshine");
        assert!(looks > 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_is_ended() {
        let hangs: Result<()> =
            eventually(Duration::from_secs(2), "an answer", async || std::future::pending().await).await;
        assert!(format!("{:#}", hangs.unwrap_err()).starts_with("not within 2s: an answer: "));
    }
}
