//! Puts the relay's address into session descriptions.

use std::net::SocketAddr;

use serde_json::Value;

/// A signalling line after the relay had its hands on it.
#[derive(Debug, PartialEq)]
pub(super) struct Rewritten {
    /// The line to pass on, without its end.
    pub(super) line: String,
    /// Where its sender's media is, if it said so.
    pub(super) media: Option<SocketAddr>,
}

/// Replaces the candidates in a signalling line by `relay`. `None` for a line that is not to be passed on, because it
/// would lead around the relay.
///
/// # Panics
/// Where a description does not have exactly one candidate address for its bundle: the relay has one port for it.
pub(super) fn rewrite(line: &str, relay: SocketAddr) -> Option<Rewritten> {
    let Ok(mut message) = serde_json::from_str::<Value>(line) else {
        return Some(Rewritten { line: line.to_owned(), media: None });
    };
    if message["type"] == "candidate" {
        return None;
    }
    let Some(sdp) = message["sdp"].as_str() else {
        return Some(Rewritten { line: line.to_owned(), media: None });
    };
    let is_bundled = sdp.contains("a=group:BUNDLE ");
    let (mut addresses, mut lines, mut section, mut first) = (Vec::new(), Vec::new(), 0, None);
    for line in sdp.split("\r\n") {
        section += usize::from(line.starts_with("m="));
        match candidate(line, relay) {
            // Of the transports that some offer besides, for peers that bundle nothing.
            Some(_) if is_bundled && first.is_some_and(|first| first != section) => {}
            Some((address, rewritten)) => {
                first = Some(section);
                addresses.push(address);
                lines.push(rewritten);
            }
            None => lines.push(line.to_owned()),
        }
    }
    addresses.dedup();
    let [media] = addresses[..] else {
        panic!("a description with the candidate addresses {addresses:?} instead of one: {sdp}");
    };
    message["sdp"] = Value::from(lines.join("\r\n"));
    Some(Rewritten { line: message.to_string(), media: Some(media) })
}

/// The address in a candidate line (RFC 8839, section 5.1), and the line with `relay` in its place.
fn candidate(line: &str, relay: SocketAddr) -> Option<(SocketAddr, String)> {
    let candidate = line.strip_prefix("a=candidate:")?;
    let mut words: Vec<&str> = candidate.split(' ').collect();
    let [_foundation, _component, _transport, _priority, address, port, ..] = &mut words[..] else {
        return None;
    };
    let original = SocketAddr::new(address.parse().ok()?, port.parse().ok()?);
    let (ip, number) = (relay.ip().to_string(), relay.port().to_string());
    *address = &ip;
    *port = &number;
    Some((original, format!("a=candidate:{}", words.join(" "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_leads_to_the_relay() {
        let relay = "127.0.0.1:7".parse().unwrap();
        let sdp = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5004 typ host\r\n\
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5004 typ host\r\n";
        let line = serde_json::json!({"sdp": sdp, "type": "offer"}).to_string();
        let rewritten = rewrite(&line, relay).unwrap();
        assert_eq!(rewritten.media, Some("127.0.0.1:5004".parse().unwrap()));
        let expected =
            serde_json::json!({"sdp": sdp.replace("127.0.0.1 5004", "127.0.0.1 7"), "type": "offer"});
        assert_eq!(serde_json::from_str::<Value>(&rewritten.line).unwrap(), expected);
    }

    /// As aiortc offers them.
    #[test]
    fn of_a_bundle_only_the_first_transport_is_relayed() {
        let relay = "127.0.0.1:7".parse().unwrap();
        let candidate = |port: u16| format!("a=candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host\r\n");
        let sdp = |first: u16, second: &str| {
            let first = candidate(first);
            format!(
                "v=0\r\na=group:BUNDLE 0 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\n{first}m=application 9 UDP/DTLS/SCTP x\r\n{second}"
            )
        };
        let line = serde_json::json!({"sdp": sdp(5004, &candidate(5006)), "type": "offer"}).to_string();
        let rewritten = rewrite(&line, relay).unwrap();
        assert_eq!(rewritten.media, Some("127.0.0.1:5004".parse().unwrap()));
        let expected = serde_json::json!({"sdp": sdp(7, ""), "type": "offer"});
        assert_eq!(serde_json::from_str::<Value>(&rewritten.line).unwrap(), expected);
    }

    #[test]
    fn no_other_line_changes_and_none_leads_around_the_relay() {
        let relay = "127.0.0.1:7".parse().unwrap();
        let bye = r#"{"type":"bye"}"#;
        assert_eq!(rewrite(bye, relay), Some(Rewritten { line: bye.into(), media: None }));
        let candidate = r#"{"candidate":"candidate:1 1 udp 1 127.0.0.1 5004 typ host","id":"0","label":0,"type":"candidate"}"#;
        assert_eq!(rewrite(candidate, relay), None);
    }
}
