//! SCTP packets within DTLS.

use crate::sctp::ForwardLimit;

/// The packets of one connection.
#[derive(Debug, Default)]
pub struct SctpPackets(ForwardLimit);

impl SctpPackets {
    /// How many numbers a peer may go forward at once.
    pub const MOST_FORWARD: u32 = ForwardLimit::MOST;

    /// The stack sends this one.
    pub fn sent(&mut self, packet: &[u8]) {
        self.0.sent(packet);
    }

    /// Whether the stack gets this one of the peer's.
    pub fn takes(&mut self, packet: &[u8]) -> bool {
        self.0.takes(packet)
    }
}
