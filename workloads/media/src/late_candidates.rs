//! Candidates of a peer that were not in its description.

use webrtc::error::Result;
use webrtc::peer_connection::{RTCIceCandidateInit, RTCPeerConnection};

use crate::description::MAX_LATE_CANDIDATES;

/// How many there were of one session.
#[derive(Debug, Default)]
pub(crate) struct LateCandidates(usize);

impl LateCandidates {
    /// Takes another one, unless there were enough.
    ///
    /// # Errors
    /// Where it cannot be used, which does no harm.
    pub(crate) fn add(&mut self, connection: &mut RTCPeerConnection, candidate: String) -> Result<()> {
        if self.0 == MAX_LATE_CANDIDATES {
            return Ok(());
        }
        self.0 += 1;
        connection.add_remote_candidate(RTCIceCandidateInit { candidate, ..Default::default() })
    }
}
