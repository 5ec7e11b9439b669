//! A peer that speaks ICE one message at a time, on a socket of its own.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::crypto::{RTCCryptoProvider, default_provider};
use rtc::stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc::stun::textattrs::TextAttribute;
use rtc::stun::xoraddr::XorMappedAddress;

const UFRAG: &str = "byhand";
const PASSWORD: &str = "0123456789abcdefghijklmn";

pub(crate) struct ByHand {
    socket: UdpSocket,
    provider: Arc<dyn RTCCryptoProvider>,
    theirs: (String, String),
    /// Where the other side's candidate is.
    remote: SocketAddr,
    is_controlling: bool,
}

impl ByHand {
    /// A peer of whoever made this description.
    pub(crate) fn new(description: &str, is_controlling: bool) -> Self {
        let value = |key: &str| {
            description.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().to_owned()
        };
        let remote = candidate(description, 0);
        Self {
            socket: UdpSocket::bind("127.0.0.1:0").unwrap(),
            provider: default_provider().unwrap(),
            theirs: (value("a=ice-ufrag:"), value("a=ice-pwd:")),
            remote,
            is_controlling,
        }
    }

    /// The same peer, of whoever made this description.
    pub(crate) fn towards(self, description: &str) -> Self {
        let is_controlling = self.is_controlling;
        Self { socket: self.socket, ..Self::new(description, is_controlling) }
    }

    /// From now on it sends to another candidate of this description.
    pub(crate) fn turn_to(&mut self, description: &str, index: usize) {
        self.remote = candidate(description, index);
    }

    /// The value of its candidate's attribute.
    pub(crate) fn candidate(&self) -> String {
        let address = self.socket.local_addr().unwrap();
        format!("candidate:1 1 udp 2130706431 {} {} typ host", address.ip(), address.port())
    }

    /// A description that takes all of the other one's, with the candidates that are given.
    pub(crate) fn describe(&self, description: &str, setup: &str, candidates: &[String]) -> String {
        let mut candidates = candidates.iter();
        let line = |line: &str| match line.split_once(':') {
            Some(("a=candidate", _)) => {
                candidates.next().map_or(String::new(), |candidate| format!("a={candidate}\r\n"))
            }
            Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{UFRAG}\r\n"),
            Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{PASSWORD}\r\n"),
            Some(("a=setup", _)) => format!("a=setup:{setup}\r\n"),
            _ => format!("{line}\r\n"),
        };
        description.lines().map(line).collect()
    }

    /// Sends a check; its transaction.
    pub(crate) fn check(&self, nominates: bool) -> TransactionId {
        let (ufrag, password) = &self.theirs;
        let transaction = TransactionId::new();
        let check = self.build(BINDING_REQUEST, transaction, password, |message| {
            TextAttribute::new(ATTR_USERNAME, format!("{ufrag}:{UFRAG}")).add_to(message).unwrap();
            message.add(ATTR_PRIORITY, &2_130_706_431_u32.to_be_bytes());
            message
                .add(if self.is_controlling { ATTR_ICE_CONTROLLING } else { ATTR_ICE_CONTROLLED }, &[7; 8]);
            if nominates {
                message.add(ATTR_USE_CANDIDATE, &[]);
            }
        });
        self.send(&check);
        transaction
    }

    /// Answers a check.
    pub(crate) fn answer(&self, check: &Message) {
        let mapped = XorMappedAddress { ip: self.remote.ip(), port: self.remote.port() };
        let answer = self.build(BINDING_SUCCESS, check.transaction_id, PASSWORD, |message| {
            mapped.add_to(message).unwrap();
        });
        self.send(&answer);
    }

    pub(crate) fn send(&self, data: &[u8]) {
        self.socket.send_to(data, self.remote).unwrap();
    }

    /// The next datagram that `wanted` makes something of.
    pub(crate) fn receive<T>(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let (deadline, mut buffer) = (Instant::now() + within, [0; 2048]);
        loop {
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            self.socket.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = self.socket.recv(&mut buffer) else { continue };
            if let Some(found) = wanted(&buffer[..length]) {
                return Some(found);
            }
        }
    }

    /// The next check.
    pub(crate) fn next_check(&self, within: Duration) -> Option<Message> {
        self.receive(within, |data| stun(data).filter(|message| message.typ == BINDING_REQUEST))
    }

    /// Answers checks until one nominates; whether one did.
    pub(crate) fn is_nominated(&self, within: Duration) -> bool {
        let answer = |data: &[u8]| {
            let check = stun(data).filter(|message| message.typ == BINDING_REQUEST)?;
            self.answer(&check);
            check.contains(ATTR_USE_CANDIDATE).then_some(())
        };
        self.receive(within, answer).is_some()
    }

    /// Answers checks until the other side has sent DTLS; whether it did.
    pub(crate) fn begins_dtls(&self, within: Duration) -> bool {
        let take = |data: &[u8]| match stun(data) {
            Some(message) if message.typ == BINDING_REQUEST => {
                self.answer(&message);
                None
            }
            _ => (data[0] == 22).then_some(()),
        };
        self.receive(within, take).is_some()
    }

    /// Whether a check is answered.
    pub(crate) fn is_answered(&self, transaction: TransactionId, within: Duration) -> bool {
        let answers = |data: &[u8]| {
            let message = stun(data)?;
            (message.typ == BINDING_SUCCESS && message.transaction_id == transaction).then_some(())
        };
        self.receive(within, answers).is_some()
    }

    fn build(
        &self,
        kind: rtc::stun::message::MessageType,
        transaction: TransactionId,
        password: &str,
        add: impl FnOnce(&mut Message),
    ) -> Vec<u8> {
        let mut message = Message::new();
        message.set_type(kind);
        message.transaction_id = transaction;
        message.write_header();
        add(&mut message);
        let crypto = self.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto)
            .add_to(&mut message)
            .unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message.raw
    }
}

fn candidate(description: &str, index: usize) -> SocketAddr {
    let line = description.lines().filter(|line| line.starts_with("a=candidate:")).nth(index).unwrap();
    let words: Vec<_> = line.split(' ').collect();
    SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap())
}

fn stun(data: &[u8]) -> Option<Message> {
    let mut message = Message::new();
    (data.first()? < &2 && message.unmarshal_binary(data).is_ok()).then_some(message)
}
