//! Waiting for what a cluster comes to by itself.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(50);

/// Asks until there is what is waited for, for `limit` at most.
///
/// # Panics
/// Where it does not come: with what there is instead.
pub async fn eventually<T, E: Debug>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match ask().await {
            Ok(found) => return found,
            Err(instead) => {
                assert!(Instant::now() < deadline, "{what}: not within {limit:?}, but {instead:#?}");
            }
        }
        tokio::time::sleep(STEP).await;
    }
}
