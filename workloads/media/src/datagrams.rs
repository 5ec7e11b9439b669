//! What a sans-IO connection of `rtc` needs of the UDP socket that somebody else reads.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, CandidateRelayConfig, RTCIceCandidate, RTCIceCandidateInit,
};
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use webrtc::error::Result;

/// The candidate for a socket bound to `local`, a concrete address.
///
/// # Errors
/// Where `rtc` cannot make a candidate of it.
pub fn host_candidate(local: SocketAddr) -> Result<RTCIceCandidateInit> {
    let base_config = CandidateConfig {
        network: "udp".into(),
        address: local.ip().to_string(),
        port: local.port(),
        component: 1,
        ..Default::default()
    };
    let candidate = CandidateHostConfig { base_config, ..Default::default() }.new_candidate_host()?;
    RTCIceCandidate::from(&candidate).to_json()
}

/// The candidate for an address at a TURN server, which is asked from the socket bound to `local`.
///
/// # Errors
/// Where `rtc` cannot make a candidate of it.
pub fn relay_candidate(relayed: SocketAddr, local: SocketAddr) -> Result<RTCIceCandidateInit> {
    let base_config = CandidateConfig {
        network: "udp".into(),
        address: relayed.ip().to_string(),
        port: relayed.port(),
        component: 1,
        ..Default::default()
    };
    let (rel_addr, rel_port) = (local.ip().to_string(), local.port());
    let candidate =
        CandidateRelayConfig { base_config, rel_addr, rel_port, url: None }.new_candidate_relay()?;
    RTCIceCandidate::from(&candidate).to_json()
}

/// A datagram that came `now` from `peer` to the socket bound to `local`.
pub fn received(local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) -> TaggedBytesMut {
    let transport = TransportContext {
        local_addr: local,
        peer_addr: peer,
        ecn: None,
        transport_protocol: TransportProtocol::UDP,
    };
    TaggedBytesMut { now, transport, message: BytesMut::from(data) }
}
