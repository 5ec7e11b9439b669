//! SCTP packets of a peer that has an association: what passes never takes the WebRTC stack further than it may go.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use media::untrusted::{SctpPackets, guarded};
use rtc::sctp::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Payload, ServerConfig,
    TransportConfig,
};
use rtc::shared::TransportProtocol;

use crate::input::Input;

const OUR_TAG: u32 = 0x0b79_a3d0;
const HEADER: usize = 12;
const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const COOKIE_ECHO: u8 = 10;
/// In INIT: FORWARD TSN is known (RFC 5061, section 4.2.7).
const FORWARD_TSN_SUPPORTED: [u8; 8] = [0x80, 8, 0, 5, 192, 0, 0, 0];

/// The number of the first chunk of data, then packets: each the chunks of one, without header.
pub(crate) fn sctp(data: &[u8]) {
    let mut input = Input::new(data);
    let mut stack = Stack::connected(input.number()).expect("an association");
    while !input.is_empty() {
        let chunks = input.piece();
        let before = stack.acknowledged;
        // The stack panics over some of what it is given; that ends the session.
        match guarded(|| stack.take(chunks)) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(_) => return,
        }
        // Each chunk of data may fill the gap before others that came.
        let most = SctpPackets::MOST_FORWARD + stack.data;
        let went = stack.acknowledged.wrapping_sub(before);
        assert!(went <= most, "from {before} to {}", stack.acknowledged);
        if stack.association.is_closed() {
            return;
        }
    }
}

/// The stack's side, behind what stands between it and its peer.
struct Stack {
    endpoint: Endpoint,
    association: Association,
    handle: AssociationHandle,
    packets: SctpPackets,
    tag: u32,
    /// Up to where our side has acknowledged.
    acknowledged: u32,
    /// Chunks of data that came, at most.
    data: u32,
    now: Instant,
}

impl Stack {
    /// With an association, and the first chunk of data acknowledged.
    fn connected(first_tsn: u32) -> Option<Self> {
        let (now, mut packets) = (Instant::now(), SctpPackets::default());
        let server = ServerConfig::new(TransportConfig::default().with_sctp_port(5000));
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 8082));
        let config = Arc::new(EndpointConfig::new());
        let mut endpoint = Endpoint::new(local, TransportProtocol::UDP, config, Some(Arc::new(server)));
        let init = [
            &OUR_TAG.to_be_bytes()[..],
            &(1_u32 << 20).to_be_bytes(),
            &[0xff; 4],
            &first_tsn.to_be_bytes(),
            &FORWARD_TSN_SUPPORTED,
        ];
        let init = packet(0, &chunk(INIT, 0, &init.concat()));
        assert!(packets.takes(&init));
        let (handle, event) = endpoint.handle(now, local, None, init)?;
        let DatagramEvent::NewAssociation(association) = event else { return None };
        let (acknowledged, tag) = (first_tsn.wrapping_sub(1), 0);
        let mut stack = Self { endpoint, association, handle, packets, tag, acknowledged, data: 0, now };
        let answer = stack.sent().pop()?;
        stack.tag = number(&answer, HEADER + 4)?;
        let cookie = cookie(&answer)?.to_vec();
        stack.take(&chunk(COOKIE_ECHO, 0, &cookie));
        stack.take(&chunk(
            DATA,
            3,
            &[&first_tsn.to_be_bytes()[..], &[0, 0, 0, 0, 0, 0, 0, 51], b"x"].concat(),
        ));
        (stack.acknowledged == first_tsn).then_some(stack)
    }

    /// Gives the stack a packet of these chunks, unless it must not have it.
    fn take(&mut self, chunks: &[u8]) -> bool {
        let packet = packet(self.tag, chunks);
        if !self.packets.takes(&packet) {
            return false;
        }
        self.data += chunks.iter().step_by(4).filter(|kind| **kind == DATA).count() as u32;
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        if let Some((handle, DatagramEvent::AssociationEvent(event))) =
            self.endpoint.handle(self.now, from, None, packet)
            && handle == self.handle
        {
            self.association.handle_event(event);
        }
        while self.association.poll().is_some() {}
        // What is owed to the peer may wait as long as this.
        if let Some(due) = self.association.poll_timeout() {
            self.now = self.now.max(due);
            self.association.handle_timeout(self.now);
        }
        self.sent();
        true
    }

    /// What the stack sends, and what it acknowledges by that.
    fn sent(&mut self) -> Vec<Bytes> {
        let mut sent = Vec::new();
        while let Some(transmit) = self.association.poll_transmit(self.now) {
            if let Payload::RawEncode(packets) = transmit.message {
                sent.extend(packets);
            }
        }
        for packet in &sent {
            self.packets.sent(packet);
            if packet.get(HEADER) == Some(&SACK) {
                self.acknowledged = number(packet, HEADER + 4).unwrap_or(self.acknowledged);
            }
        }
        sent
    }
}

fn packet(tag: u32, chunks: &[u8]) -> Bytes {
    let mut packet = [&[0x13, 0x88, 0x13, 0x88][..], &tag.to_be_bytes(), &[0; 4], chunks].concat();
    let checksum = crc32c(&packet);
    packet[8..HEADER].copy_from_slice(&checksum.to_le_bytes());
    packet.into()
}

/// A chunk with its padding, which its length does not count.
fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("short").to_be_bytes();
    let mut chunk = [&[kind, flags, length[0], length[1]][..], value].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// The cookie among the parameters of an INIT ACK.
fn cookie(packet: &[u8]) -> Option<&[u8]> {
    let mut parameters = packet.get(HEADER + 20..)?;
    loop {
        let head = number(parameters, 0)?;
        let length = (head & 0xffff) as usize;
        if head >> 16 == 7 {
            return parameters.get(4..length);
        }
        parameters = parameters.get(length.next_multiple_of(4).max(4)..)?;
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}

/// Castagnoli's CRC, RFC 9260, appendix A.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
