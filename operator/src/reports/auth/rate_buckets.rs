//! How often the API server may be asked about tokens: token buckets, the kind that fills up with time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::bucket::Bucket;

/// Reviews a second for each pod that tokens claim to be bound to. Of a pod's own there is one in five minutes.
const POD_INTERVAL: Duration = Duration::from_secs(1);
/// How often there is a review in all, and how many at once after a quiet time.
const REVIEWS: (Duration, u32) = (Duration::from_millis(50), 40);
/// How many of those at once are for servers' pods alone: without the reports of its server nothing is known of a
/// session, those of its clients only add to it.
const FOR_SERVERS: u32 = 20;
/// The same of look-ups of pods that the watch does not know.
const LOOK_UPS: (Duration, u32) = (Duration::from_millis(200), 5);
/// Pods beyond which those are forgotten that may ask again anyway.
const REMEMBERED_PODS: usize = 64;

/// All buckets.
pub(super) struct RateBuckets {
    reviews: Bucket,
    look_ups: Bucket,
    /// When each pod paid last. At most [`REVIEWS`] of them are younger than [`POD_INTERVAL`].
    pods: HashMap<String, Instant>,
}

impl RateBuckets {
    /// Full ones.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            reviews: Bucket::new(REVIEWS.0, REVIEWS.1, now),
            look_ups: Bucket::new(LOOK_UPS.0, LOOK_UPS.1, now),
            pods: HashMap::new(),
        }
    }

    /// Takes a review of a token that claims to be of this pod; or says when to come again.
    pub(super) fn review(&mut self, pod_uid: &str, is_server: bool, now: Instant) -> Result<(), Duration> {
        if let Some(paid) = self.pods.get(pod_uid) {
            let since = now.saturating_duration_since(*paid);
            if since < POD_INTERVAL {
                return Err(POD_INTERVAL - since);
            }
        }
        self.reviews.take(if is_server { 0 } else { FOR_SERVERS }, now)?;
        if self.pods.len() >= REMEMBERED_PODS {
            self.pods.retain(|_, paid| now.saturating_duration_since(*paid) < POD_INTERVAL);
        }
        self.pods.insert(pod_uid.to_owned(), now);
        Ok(())
    }

    /// Takes a look-up of a pod that the watch does not know; or says when to come again.
    pub(super) fn look_up(&mut self, now: Instant) -> Result<(), Duration> {
        self.look_ups.take(0, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_may_ask_once_a_second() {
        let now = Instant::now();
        let mut buckets = RateBuckets::new(now);
        let mut review = |pod, millis| buckets.review(pod, false, now + Duration::from_millis(millis));
        assert_eq!(review("a", 0), Ok(()));
        assert_eq!(review("a", 300), Err(Duration::from_millis(700)));
        assert_eq!(review("b", 300), Ok(()));
        assert_eq!(review("a", 1000), Ok(()));
    }

    #[test]
    fn all_together_are_bound_by_burst_and_rate_and_none_is_remembered_for_long() {
        let start = Instant::now();
        let mut buckets = RateBuckets::new(start);
        let mut allowed = 0;
        for attempt in 0..100_000_u64 {
            let now = start + Duration::from_micros(attempt * 100);
            let is_server = attempt % 2 == 0;
            allowed += u64::from(buckets.review(&attempt.to_string(), is_server, now).is_ok());
        }
        assert_eq!(allowed, 40 + 20 * 10 - 1, "10 s, but for the last moment of them");
        assert!(buckets.pods.len() <= REMEMBERED_PODS);
    }

    #[test]
    fn servers_do_not_wait_for_clients() {
        let start = Instant::now();
        let mut buckets = RateBuckets::new(start);
        let mut taken = |is_server: bool, millis: u64| {
            let now = start + Duration::from_millis(millis);
            let pod = |number: u32| format!("{is_server} {millis} {number}");
            (0..100).filter(|number| buckets.review(&pod(*number), is_server, now).is_ok()).count()
        };
        assert_eq!((taken(false, 0), taken(true, 0)), (20, 20));
        assert_eq!((taken(false, 500), taken(true, 500)), (0, 10));
        assert_eq!(taken(false, 2500), 20, "again, once servers leave something over");
    }

    #[test]
    fn unknown_pods_have_a_bucket_of_their_own() {
        let now = Instant::now();
        let mut buckets = RateBuckets::new(now);
        let taken = (0..100).filter(|_| buckets.look_up(now).is_ok()).count();
        assert_eq!(taken, 5);
        assert_eq!(buckets.look_up(now), Err(Duration::from_millis(200)));
        assert_eq!(buckets.look_up(now + Duration::from_millis(200)), Ok(()));
        assert_eq!(buckets.review("a", false, now), Ok(()));
    }
}
