//! What can go wrong while a session is negotiated.

use std::net::IpAddr;

use super::ports::MediaPorts;
use crate::addresses::NONE;
use crate::description::DescriptionError;
use crate::guard::Panicked;

/// Why a session cannot be negotiated.
#[derive(Debug, thiserror::Error)]
pub enum FanoutError {
    /// No UDP socket on the address that media should use.
    #[error("cannot bind a UDP socket for media on {address}{}: {source}", among(*.ports))]
    Bind {
        /// The local address.
        address: IpAddr,
        /// The ports it may have, where not all will do.
        ports: Option<MediaPorts>,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// There is none.
    #[error("{}", NONE)]
    NoAddress,
    /// The peer's answer does not fit the offer.
    #[error("the answer was refused: {0}")]
    Answer(#[source] webrtc::error::Error),
    /// The peer's offer cannot be answered.
    #[error("the offer was refused: {0}")]
    Offer(#[source] webrtc::error::Error),
    /// The peer takes no VP8 video.
    #[error("the peer takes no VP8 video")]
    NoVideo,
    /// The peer takes video in other encodings only, which are listed.
    #[error("the peer takes no VP8 video, only {0}")]
    NoVp8(String),
    /// The peer's description cannot be used.
    #[error(transparent)]
    Description(DescriptionError),
    /// An answer for a session without an open offer.
    #[error("there is no open offer to answer")]
    NoOffer,
    /// The peer connection could not be made.
    #[error("cannot set up a peer connection: {0}")]
    Setup(#[source] webrtc::error::Error),
    /// The WebRTC stack panicked over the peer's description.
    #[error("the WebRTC stack panicked over the peer's description: {0}")]
    Panicked(#[from] Panicked),
    /// The fan-out is ending.
    #[error("the server is shutting down")]
    ShuttingDown,
}

fn among(ports: Option<MediaPorts>) -> String {
    ports.map_or_else(String::new, |ports| format!(", ports {ports}"))
}

impl From<DescriptionError> for FanoutError {
    fn from(error: DescriptionError) -> Self {
        match error {
            DescriptionError::NoVideo { .. } => Self::NoVideo,
            DescriptionError::NoVp8 { offered, .. } => Self::NoVp8(offered),
            other => Self::Description(other),
        }
    }
}
