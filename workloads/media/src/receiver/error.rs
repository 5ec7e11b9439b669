//! Why an offer was not answered.

use std::net::IpAddr;

use crate::description::DescriptionError;
use crate::guard::Panicked;
use crate::relay::RelayError;

/// Why an offer could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// No address to bind.
    #[error("{}", crate::addresses::NONE)]
    NoAddress,
    /// It is not SDP, or none that can be used.
    #[error(transparent)]
    Description(DescriptionError),
    /// No video section, or none that its sender would send.
    #[error("the offer has no video")]
    NoVideo,
    /// Video, but in other encodings only, which are listed.
    #[error("the offer has no VP8 video, only {0}")]
    NoVp8(String),
    /// No UDP port could be had on any of the addresses.
    #[error("cannot bind UDP on any of {addresses:?}: {source}")]
    Bind {
        /// The addresses that were asked for.
        addresses: Vec<IpAddr>,
        /// What was wrong in the end.
        source: std::io::Error,
    },
    /// The TURN server's address is none from which the offerer is reached.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The offer was refused.
    #[error("cannot answer the offer: {0}")]
    Negotiation(#[from] webrtc::error::Error),
    /// The WebRTC stack panicked over the offer.
    #[error("the WebRTC stack panicked over the offer: {0}")]
    Panicked(#[from] Panicked),
    /// No thread to receive on.
    #[error("cannot start a thread to receive on: {0}")]
    Thread(std::io::Error),
}

impl From<DescriptionError> for ReceiverError {
    fn from(error: DescriptionError) -> Self {
        match error {
            DescriptionError::NoVideo { .. } => Self::NoVideo,
            DescriptionError::NoVp8 { offered, .. } => Self::NoVp8(offered),
            other => Self::Description(other),
        }
    }
}
