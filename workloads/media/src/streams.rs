//! Of how many streams a session takes packets.
//!
//! SRTP keeps a state for each SSRC (RFC 3711, section 3.2.3), and `rtc` makes it before it knows whether a packet is authentic,
//! and keeps it for as long as the session lives. So whoever sends to a session's address, without any key, would fill the
//! memory of the process with a new SSRC in each packet (S3). A peer has one stream or two, and a few more where its source
//! changes or it sends layers.

use std::time::{Duration, Instant};

use crate::bucket::Bucket;

/// So many at once, and then one after the other, up to a number that no peer comes to.
const AT_ONCE: u32 = 16;
const INTERVAL: Duration = Duration::from_secs(10);
const MOST: usize = 64;

/// A stream of RTP or RTCP, each of which has states of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stream {
    is_rtcp: bool,
    ssrc: u32,
}

/// The streams that a session has taken packets of.
#[derive(Debug)]
pub(crate) struct Streams {
    known: Vec<Stream>,
    further: Bucket,
}

impl Default for Streams {
    fn default() -> Self {
        Self { known: Vec::new(), further: Bucket::new(INTERVAL, AT_ONCE) }
    }
}

impl Streams {
    /// Whether a datagram is for the connection: all are but media of one stream too many.
    pub(crate) fn takes(&mut self, datagram: &[u8], now: Instant) -> bool {
        let Some(stream) = stream_of(datagram) else { return true };
        if self.known.contains(&stream) {
            return true;
        }
        let takes = self.known.len() < MOST && self.further.has(0, now);
        if takes {
            self.further.take(now);
            self.known.push(stream);
        }
        takes
    }
}

/// The stream that a datagram is of, by its clear header (RFC 7983, section 7, and RFC 5761, section 4).
fn stream_of(datagram: &[u8]) -> Option<Stream> {
    let (is_rtcp, ssrc) = match datagram {
        [128..=191, 192..=223, _, _, a, b, c, d, ..] => (true, [*a, *b, *c, *d]),
        [128..=191, _, _, _, _, _, _, _, a, b, c, d, ..] => (false, [*a, *b, *c, *d]),
        _ => return None,
    };
    Some(Stream { is_rtcp, ssrc: u32::from_be_bytes(ssrc) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(ssrc: u32) -> Vec<u8> {
        [&[0x80, 97, 0, 1, 0, 0, 0, 1][..], &ssrc.to_be_bytes(), &[7; 20]].concat()
    }

    fn rtcp(ssrc: u32) -> Vec<u8> {
        [&[0x81, 201, 0, 1][..], &ssrc.to_be_bytes(), &[7; 20]].concat()
    }

    /// S3.
    #[test]
    fn a_stream_in_each_packet_is_few_to_the_connection_and_known_ones_go_on() {
        let (now, mut streams) = (Instant::now(), Streams::default());
        assert!(streams.takes(&rtp(1), now) && streams.takes(&rtcp(1), now));
        let taken = (2..10_000).filter(|ssrc| streams.takes(&rtp(*ssrc), now)).count();
        assert_eq!(taken, AT_ONCE as usize - 2);
        assert!(streams.takes(&rtp(1), now) && streams.takes(&rtcp(1), now));
        // A peer whose source has changed, and whoever goes on for ever.
        assert!(streams.takes(&rtp(20_000), now + INTERVAL));
        let later = |n: u32| now + INTERVAL * n;
        let taken = (1..1000).filter(|n| streams.takes(&rtcp(30_000 + n), later(10 + n))).count();
        assert_eq!(taken, MOST - AT_ONCE as usize - 1);
    }

    #[test]
    fn what_is_no_media_or_has_no_whole_header_is_the_connections_to_judge() {
        let (now, mut streams) = (Instant::now(), Streams::default());
        for first in [0, 1, 20, 23, 63] {
            assert!((0..100).all(|n| streams.takes(&[&[first, 97][..], &[n; 30]].concat(), now)));
        }
        assert!((0..100).all(|n| streams.takes(&[0x80, 97, n], now)));
        assert!(streams.known.is_empty());
    }
}
