//! From a host's name to its addresses, by a resolver that may be slow.

use std::{io, net::SocketAddr, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a name may take to resolve. glibc asks each name server twice and waits 5 s for each answer, and again for each
/// search domain: where the answer for one family is swallowed on the way, the other one's comes after 10 to 20 s.
pub const RESOLVE_LIMIT: Duration = Duration::from_secs(25);

/// After so long without an answer the resolver is what is wrong, whether it answers later or not. Healthy ones take
/// milliseconds; a lost query is repeated by most after a second or two, by glibc after five.
pub const RESOLVER_SLOW: Duration = Duration::from_secs(2);

/// Why a name has no address.
#[derive(Debug)]
pub(crate) enum Unresolved {
    /// The resolver's error.
    Failed(io::Error),
    /// It did not answer for so long.
    Silent(Duration),
}

/// What `lookup` finds, within [`RESOLVE_LIMIT`] and before `deadline`. `on_silence` is called once when that takes
/// [`RESOLVER_SLOW`].
pub(crate) async fn resolve(
    lookup: impl Future<Output = io::Result<Vec<SocketAddr>>>,
    deadline: Option<Instant>,
    mut on_silence: impl FnMut(Duration),
) -> Result<Vec<SocketAddr>, Unresolved> {
    let begun = Instant::now();
    let end = begun + RESOLVE_LIMIT;
    let end = deadline.map_or(end, |deadline| deadline.min(end));
    tokio::pin!(lookup);
    let patiently = async {
        tokio::select! {
            biased;
            found = &mut lookup => return found,
            () = sleep_until(begun + RESOLVER_SLOW) => on_silence(RESOLVER_SLOW),
        }
        lookup.await
    };
    match timeout_at(end, patiently).await {
        Ok(found) => found.map_err(Unresolved::Failed),
        Err(_) => Err(Unresolved::Silent(begun.elapsed())),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, pending};

    use tokio::time::sleep;

    use super::*;

    type Found = Vec<SocketAddr>;

    async fn after(seconds: u64) -> io::Result<Found> {
        sleep(Duration::from_secs(seconds)).await;
        Ok(vec![SocketAddr::from(([10, 0, 0, 7], 8080))])
    }

    /// P17: a resolver that swallows the question for IPv6 addresses answers after 5 to 15 s, and the limit was 5 s.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_as_long_as_glibcs_slowest_is_waited_for_and_noticed_once() {
        for (seconds, notices) in [(0, 0), (1, 0), (5, 1), (15, 1), (20, 1)] {
            let (begun, mut noticed) = (Instant::now(), Vec::new());
            let found = resolve(after(seconds), None, |waited| noticed.push(waited)).await.unwrap();
            assert_eq!(found, [SocketAddr::from(([10, 0, 0, 7], 8080))]);
            assert_eq!(begun.elapsed().as_secs(), seconds);
            assert_eq!(noticed, vec![RESOLVER_SLOW; notices], "{seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_resolver_is_given_up_at_the_limit_or_at_the_deadline() {
        for (deadline, expected) in
            [(None, RESOLVE_LIMIT), (Some(60), RESOLVE_LIMIT), (Some(9), Duration::from_secs(9))]
        {
            let begun = Instant::now();
            let deadline = deadline.map(|seconds| begun + Duration::from_secs(seconds));
            let silent = resolve(pending::<io::Result<Found>>(), deadline, |_| {}).await;
            let Err(Unresolved::Silent(waited)) = silent else { panic!("{silent:?}") };
            assert_eq!(
                (waited.as_secs(), begun.elapsed().as_secs()),
                (expected.as_secs(), expected.as_secs())
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_no_silence() {
        let refused: Ready<io::Result<Found>> = std::future::ready(Err(io::ErrorKind::NotFound.into()));
        let outcome = resolve(refused, None, |_| panic!("it has answered")).await;
        assert!(matches!(outcome, Err(Unresolved::Failed(_))), "{outcome:?}");
    }
}
