//! STUN as far as it is readable without keys: header and attributes (RFC 8489, sections 5 and 14). Nothing is verified here.

use std::net::{IpAddr, SocketAddr};

/// Names a request, and the response to it.
pub(crate) type TransactionId = [u8; 12];

const HEADER: usize = 20;
/// RFC 8489, section 14.2.
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The type of the message that a datagram is, as its two bytes, and its transaction; `None` where it is no STUN.
pub(crate) fn header(datagram: &[u8]) -> Option<([u8; 2], TransactionId)> {
    let header = datagram.first_chunk::<HEADER>()?;
    let is_stun = header[0] & 0xc0 == 0 && header[4..8] == MAGIC_COOKIE;
    is_stun.then_some(([header[0], header[1]], *header.last_chunk()?))
}

/// Types and values of the attributes of a message, up to the first that is cut short.
pub(crate) fn attributes(message: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut left = message.get(HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [type_high, type_low, length_high, length_low, rest @ ..] = left else { return None };
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        let value = rest.get(..length)?;
        // Values are padded to a multiple of four.
        left = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_be_bytes([*type_high, *type_low]), value))
    })
}

/// Where a request came from, as the response to it has it.
pub(crate) fn xor_mapped_address(response: &[u8]) -> Option<SocketAddr> {
    let key: [u8; 16] = response.get(4..HEADER)?.try_into().ok()?;
    let (_, value) = attributes(response).find(|(kind, _)| *kind == XOR_MAPPED_ADDRESS)?;
    let [0, family, high, low, address @ ..] = value else { return None };
    let port = u16::from_be_bytes([high ^ key[0], low ^ key[1]]);
    let ip = match (family, address.len()) {
        (1, 4) => IpAddr::from(std::array::from_fn::<u8, 4, _>(|n| address[n] ^ key[n])),
        (2, 16) => IpAddr::from(std::array::from_fn::<u8, 16, _>(|n| address[n] ^ key[n])),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use rtc::stun::message::{Message, Setter};
    use rtc::stun::xoraddr::XorMappedAddress;

    use super::*;

    /// As the library writes it.
    pub(crate) fn response_with_xor_mapped_address(address: SocketAddr) -> Vec<u8> {
        let mut message = Message::new();
        message.set_type(rtc::stun::message::BINDING_SUCCESS);
        message.write_header();
        XorMappedAddress { ip: address.ip(), port: address.port() }.add_to(&mut message).unwrap();
        message.raw
    }

    #[test]
    fn the_address_that_a_response_names_is_the_one_that_was_written() {
        for text in ["192.0.2.1:40000", "[2001:db8::7]:1"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(xor_mapped_address(&response_with_xor_mapped_address(address)), Some(address));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_panics(datagram in proptest::collection::vec(any::<u8>(), 0..100), cut in 0..44_usize) {
            xor_mapped_address(&datagram);
            let whole = response_with_xor_mapped_address("[2001:db8::7]:1".parse().unwrap());
            xor_mapped_address(&whole[..cut.min(whole.len())]);
        }
    }
}
