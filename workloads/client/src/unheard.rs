//! When a client that nobody hears ends: it has no media, and nobody takes its posts, as where the network of its pod is
//! closed. Its end is then the only way to say why: Kubernetes keeps its termination message without any network.

use std::time::{Duration, Instant};

use report::sender::Untaken;

use crate::counters::Counters;

/// For how long both have to hold. Longer than an operator needs to hand over to another of its replicas.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// When a client ends whose last media came at `media`, or that started then, and of whose posts none was taken since
/// `untaken`; `None` while they are.
fn ends_at(media: Instant, untaken: Option<Instant>) -> Option<Instant> {
    Some(media.max(untaken?) + LIMIT)
}

/// Waits until both have held for [`LIMIT`] in a client that started at `started`.
pub(crate) async fn unheard(started: Instant, counters: &Counters, posts: &Untaken) {
    loop {
        let now = tokio::time::Instant::now();
        let media = counters.last_decoded().unwrap_or(started);
        // As long as posts are taken, it cannot be sooner.
        let at = ends_at(media, posts.since()).map_or(now + LIMIT, Into::into);
        if at <= now {
            return;
        }
        tokio::time::sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use report::channel::FrameOutcome;
    use tokio::time::sleep;

    use super::*;
    use crate::counters::FrameTiming;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn both_have_to_hold() {
        let start = Instant::now();
        let at = |second| start + SECOND * second;
        assert_eq!(ends_at(start, None), None, "the operator knows");
        assert_eq!(ends_at(start, Some(start)), Some(at(30)));
        assert_eq!(ends_at(at(50), Some(start)), Some(at(80)), "there was media");
        assert_eq!(ends_at(start, Some(at(20))), Some(at(50)), "a post was taken");
    }

    /// How many seconds a client lives that has media until the one second, and whose posts are taken until the other.
    async fn lives(media_until: u32, taken_until: u32) -> Option<u64> {
        let begun = tokio::time::Instant::now();
        let started = begun.into_std();
        let counters = Counters::new("c".into(), "s:1".into(), started, Timestamp::UNIX_EPOCH);
        let posts = Untaken::starting(started);
        let happens = async {
            for second in 0.. {
                if second < media_until {
                    let now = tokio::time::Instant::now().into_std();
                    counters.frame(FrameOutcome::Undetected, now, FrameTiming::default());
                }
                posts.begin(tokio::time::Instant::now().into_std());
                if second < taken_until {
                    posts.take();
                }
                sleep(SECOND).await;
            }
        };
        let ended = async {
            unheard(started, &counters, &posts).await;
            Some(begun.elapsed().as_secs())
        };
        tokio::select! {
            ended = ended => ended,
            () = happens => None,
            () = sleep(SECOND * 1000) => None,
        }
    }

    /// O23: it went on for ever, and what it knew nobody did.
    #[tokio::test(start_paused = true)]
    async fn a_client_without_media_whose_posts_are_not_taken_ends_after_30_s() {
        assert_eq!(lives(0, 0).await, Some(30));
        assert_eq!(lives(20, 0).await, Some(49), "from its last frame on");
        assert_eq!(lives(0, 25).await, Some(55), "from the first post that was not taken");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_with_media_or_with_posts_that_are_taken_goes_on() {
        assert_eq!(lives(u32::MAX, 0).await, None);
        assert_eq!(lives(0, u32::MAX).await, None);
        assert_eq!(lives(u32::MAX, u32::MAX).await, None);
    }
}
