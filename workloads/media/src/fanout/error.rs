//! What can go wrong while a session is negotiated.

use std::net::IpAddr;

use crate::guard::Panicked;

/// Why a session cannot be negotiated.
#[derive(Debug, thiserror::Error)]
pub enum FanoutError {
    /// No UDP socket on the address that media should use.
    #[error("cannot bind a UDP socket for media on {address}: {source}")]
    Bind {
        /// The local address.
        address: IpAddr,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The peer's answer is not SDP, or not one that fits the offer.
    #[error("the answer was refused: {0}")]
    Answer(#[source] rtc::shared::error::Error),
    /// The peer's offer is not SDP, or not one that can be answered.
    #[error("the offer was refused: {0}")]
    Offer(#[source] rtc::shared::error::Error),
    /// The peer takes no VP8 video.
    #[error("the peer takes no VP8 video")]
    NoVideo,
    /// An answer for a session without an open offer.
    #[error("there is no open offer to answer")]
    NoOffer,
    /// The peer connection could not be made.
    #[error("cannot set up a peer connection: {0}")]
    Setup(#[source] rtc::shared::error::Error),
    /// The WebRTC stack panicked over the peer's description.
    #[error("the WebRTC stack panicked over the peer's description: {0}")]
    Panicked(#[from] Panicked),
    /// The fan-out is ending.
    #[error("the server is shutting down")]
    ShuttingDown,
}
