//! Names for what can go wrong and for the state of a connection. They are an interface: scripts match on them.

use serde::{Deserialize, Serialize};

/// What went wrong, in the order of the stages of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub enum ErrorCode {
    /// The server's name has no address.
    ResolveFailed,
    /// The server's address cannot be reached over TCP.
    ConnectFailed,
    /// The signalling connection broke, or carried something that is no signalling.
    SignalingFailed,
    /// The peer sent no offer, or no answer to ours.
    NoOffer,
    /// The session description has no video that both sides can code.
    NoVideo,
    /// No pair of addresses lets UDP through.
    IceFailed,
    /// The handshake for the media keys failed.
    DtlsFailed,
    /// Media can flow, and there is no data channel to report on.
    NoChannel,
    /// Packets of video come, and for seconds no frame of them that can be decoded.
    FramesIncomplete,
    /// A complete frame that the decoder refused.
    DecodeFailed,
    /// The peer was gone without a bye.
    PeerLost,
    /// Frames were dropped because their consumer was too slow.
    QueueOverrun,
    /// A message on the report channel that means nothing.
    MalformedReport,
    /// Anything else, and every code that this version does not know.
    Other,
}

impl ErrorCode {
    /// Every code, in the order of the stages.
    pub const ALL: [Self; 14] = [
        Self::ResolveFailed,
        Self::ConnectFailed,
        Self::SignalingFailed,
        Self::NoOffer,
        Self::NoVideo,
        Self::IceFailed,
        Self::DtlsFailed,
        Self::NoChannel,
        Self::FramesIncomplete,
        Self::DecodeFailed,
        Self::PeerLost,
        Self::QueueOverrun,
        Self::MalformedReport,
        Self::Other,
    ];

    /// The name on the wire, in metrics and in conditions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResolveFailed => "ResolveFailed",
            Self::ConnectFailed => "ConnectFailed",
            Self::SignalingFailed => "SignalingFailed",
            Self::NoOffer => "NoOffer",
            Self::NoVideo => "NoVideo",
            Self::IceFailed => "IceFailed",
            Self::DtlsFailed => "DtlsFailed",
            Self::NoChannel => "NoChannel",
            Self::FramesIncomplete => "FramesIncomplete",
            Self::DecodeFailed => "DecodeFailed",
            Self::PeerLost => "PeerLost",
            Self::QueueOverrun => "QueueOverrun",
            Self::MalformedReport => "MalformedReport",
            Self::Other => "Other",
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<String> for ErrorCode {
    fn from(name: String) -> Self {
        Self::ALL.into_iter().find(|code| code.as_str() == name).unwrap_or(Self::Other)
    }
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Signalling, ICE or DTLS are under way.
    Connecting,
    /// Media can flow.
    Connected,
    /// Over, with a bye.
    Ended,
    /// Over: the peer was gone without a bye.
    Lost,
    /// Over: it never worked, or broke.
    Failed,
}

impl State {
    /// The name on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
            Self::Ended => "Ended",
            Self::Lost => "Lost",
            Self::Failed => "Failed",
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_states_are_written_as_their_names() {
        for code in ErrorCode::ALL {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).unwrap(), code);
        }
        for state in [State::Connecting, State::Connected, State::Ended, State::Lost, State::Failed] {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
    }

    #[test]
    fn a_code_of_a_newer_version_is_other() {
        assert_eq!(serde_json::from_str::<ErrorCode>("\"QuantumFlip\"").unwrap(), ErrorCode::Other);
    }
}
