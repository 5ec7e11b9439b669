//! From how many addresses a session takes checks.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::bucket::Bucket;

/// The library makes a candidate of every address that a signed check comes from, checks it, and never forgets it: a peer
/// may write any address as the sender. So many are a peer's networks and some changes of a NAT's mapping, and further
/// changes come by the minute.
const AT_ONCE: u32 = 32;
const INTERVAL: Duration = Duration::from_secs(10);
/// Those that are recognised; one that is forgotten counts again.
const MOST_KNOWN: usize = 64;

/// The addresses that a session has taken checks from.
#[derive(Debug)]
pub(super) struct Sources {
    known: VecDeque<SocketAddr>,
    further: Bucket,
}

impl Default for Sources {
    fn default() -> Self {
        Self { known: VecDeque::new(), further: Bucket::new(INTERVAL, AT_ONCE) }
    }
}

impl Sources {
    /// Whether a check from this address is for the library.
    pub(super) fn takes(&mut self, peer: SocketAddr, now: Instant) -> bool {
        if self.known.contains(&peer) {
            return true;
        }
        let takes = self.further.has(0, now);
        if takes {
            self.further.take(now);
            if self.known.len() == MOST_KNOWN {
                self.known.pop_front();
            }
            self.known.push_back(peer);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_addresses_are_few_to_the_library_and_a_new_mapping_an_hour_later_is_taken() {
        let (now, mut sources) = (Instant::now(), Sources::default());
        let address = |port: u16| SocketAddr::new([127, 0, 0, 1].into(), port);
        let taken = (1..10_000).filter(|port| sources.takes(address(*port), now)).count();
        assert_eq!(taken, AT_ONCE as usize);
        assert!(sources.takes(address(1), now), "a known one");
        assert!(!sources.takes(address(20_000), now));
        let later = now + Duration::from_secs(3600);
        assert!((20_000..20_032).all(|port| sources.takes(address(port), later)));
    }
}
