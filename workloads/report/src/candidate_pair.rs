//! The way that media takes, by the names of W3C's [webrtc-stats](https://www.w3.org/TR/webrtc-stats/): RTCIceCandidateStats and
//! RTCIceCandidatePairStats.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What kind of address a candidate has (RFC 8445, section 5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateType {
    /// One of the machine's own.
    Host,
    /// The one that a STUN server saw.
    Srflx,
    /// The one that the peer saw: something in between has changed it.
    Prflx,
    /// One of a TURN server, which passes on what comes there.
    Relay,
}

impl CandidateType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Host, Self::Srflx, Self::Prflx, Self::Relay];

    /// W3C's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
        }
    }
}

/// What carries datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateProtocol {
    /// The only one that media has here.
    Udp,
    /// A foreign peer's.
    Tcp,
    /// To a TURN server.
    Tls,
}

/// One end of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// The kind of its address.
    pub candidate_type: CandidateType,
    /// Where the other end sends to.
    pub address: std::net::IpAddr,
    /// And to which port of it.
    pub port: u16,
    /// How.
    pub protocol: CandidateProtocol,
    /// How this end reaches its TURN server, where it is a relay's that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay_protocol: Option<CandidateProtocol>,
}

impl IceCandidate {
    /// One over UDP.
    pub fn new(candidate_type: CandidateType, address: SocketAddr) -> Self {
        let (address, port) = (address.ip(), address.port());
        Self { candidate_type, address, port, protocol: CandidateProtocol::Udp, relay_protocol: None }
    }

    /// Its address and port.
    pub fn socket_address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

/// Both ends of the way that media takes, as one of them sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CandidatePair {
    /// The end of whoever says so.
    pub local: IceCandidate,
    /// The other one.
    pub remote: IceCandidate,
}

impl CandidatePair {
    /// The same from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { local: self.remote, remote: self.local }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_w3cs() {
        let local = IceCandidate {
            relay_protocol: Some(CandidateProtocol::Udp),
            ..IceCandidate::new(CandidateType::Relay, "192.0.2.7:50000".parse().unwrap())
        };
        let remote = IceCandidate::new(CandidateType::Host, "[2001:db8::1]:30082".parse().unwrap());
        let pair = CandidatePair { local, remote };
        let json = serde_json::json!({
            "local": {"candidateType": "relay", "address": "192.0.2.7", "port": 50000, "protocol": "udp",
                      "relayProtocol": "udp"},
            "remote": {"candidateType": "host", "address": "2001:db8::1", "port": 30082, "protocol": "udp"}
        });
        assert_eq!(serde_json::to_value(pair).unwrap(), json);
        assert_eq!(serde_json::from_value::<CandidatePair>(json).unwrap(), pair);
        for kind in CandidateType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
