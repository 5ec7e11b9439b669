//! Descriptions of a peer with one candidate.

use std::net::SocketAddr;

use rtc::crypto::{HashAlgorithm, RTCCrypto};

use super::ice::Credentials;

/// What a description says of this peer.
pub(super) struct Description {
    pub(super) address: SocketAddr,
    pub(super) credentials: Credentials<&'static str>,
    pub(super) fingerprint: String,
}

impl Description {
    fn candidate(&self) -> String {
        format!("a=candidate:1 1 udp 2130706431 {} {} typ host", self.address.ip(), self.address.port())
    }

    fn transport(&self, setup: &str) -> [String; 5] {
        [
            self.candidate(),
            format!("a=ice-ufrag:{}", self.credentials.ufrag),
            format!("a=ice-pwd:{}", self.credentials.pwd),
            format!("a=fingerprint:sha-256 {}", self.fingerprint),
            format!("a=setup:{setup}"),
        ]
    }
}

/// An answer that takes all of `offer`: its lines, with another transport.
pub(super) fn answer(offer: &str, description: &Description) -> String {
    let transport = description.transport("active");
    let line = |line: &str| {
        let replaced = line.split_once(':').and_then(|(key, _)| {
            transport.iter().find(|ours| ours.split_once(':').is_some_and(|(name, _)| name == key))
        });
        format!("{}\r\n", replaced.map_or(line, String::as_str))
    };
    offer.lines().map(line).collect()
}

/// An offer of VP8 and a data channel.
pub(super) fn offer(description: &Description) -> String {
    let transport = description.transport("actpass").join("\r\n");
    let section = |mid: u8, media: &str, rest: &str| {
        format!("m={media}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n{transport}\r\n{rest}\r\n")
    };
    let video = section(
        0,
        "video 9 UDP/TLS/RTP/SAVPF 97",
        "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:97 VP8/90000\r\na=ssrc:1 cname:by-hand",
    );
    let channel =
        section(1, "application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000\r\na=sendrecv");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
         a=msid-semantic:WMS *\r\n{video}{channel}"
    )
}

/// The ICE credentials in `description`.
pub(super) fn credentials(description: &str) -> Credentials {
    let value = |key: &str| description.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
    Credentials { ufrag: value("a=ice-ufrag:").to_owned(), pwd: value("a=ice-pwd:").to_owned() }
}

/// The first SSRC in `description`.
pub(super) fn ssrc(description: &str) -> u32 {
    let value = description.lines().find_map(|line| line.strip_prefix("a=ssrc:")).unwrap();
    value.split(' ').next().unwrap().parse().unwrap()
}

/// RFC 8122, section 5.
pub(super) fn fingerprint(certificate: &[u8], crypto: &dyn RTCCrypto) -> String {
    let hash = crypto.hash(HashAlgorithm::Sha256, certificate).unwrap();
    let hex: Vec<_> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    hex.join(":")
}
