//! As much of ICE (RFC 8445) as one candidate on each side needs.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;

use rtc::crypto::RTCCryptoProvider;
use rtc::stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType,
};
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, MessageType, Setter, TransactionId};
use rtc::stun::textattrs::TextAttribute;
use rtc::stun::xoraddr::XorMappedAddress;

/// Priority of a host candidate.
const PRIORITY: u32 = 2_130_706_431;

const TIE_BREAKER: [u8; 8] = [7; 8];

/// What makes a check a probe of the path's MTU.
const PADDING: AttrType = AttrType(0xc5b5);

/// What a side signs its connectivity checks with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials<T = String> {
    pub(super) ufrag: T,
    pub(super) pwd: T,
}

/// This peer's.
pub(super) const OURS: Credentials<&str> = Credentials { ufrag: "byhand", pwd: "0123456789abcdefghijklmn" };

/// The agent.
pub(super) struct Ice {
    provider: Arc<dyn RTCCryptoProvider>,
    theirs: Option<Credentials>,
    is_controlling: bool,
    answers: Cell<u64>,
}

/// What a message led to.
pub(super) struct Received {
    pub(super) replies: Vec<Vec<u8>>,
    /// The way it came by is the one for all that follows.
    pub(super) is_nominated: bool,
}

impl Ice {
    pub(super) fn new(provider: Arc<dyn RTCCryptoProvider>) -> Self {
        Self { provider, theirs: None, is_controlling: false, answers: Cell::new(0) }
    }

    pub(super) fn is_controlled_by(&mut self, theirs: Credentials) {
        self.theirs = Some(theirs);
    }

    pub(super) fn controls(&mut self, theirs: Credentials) {
        self.is_controlling = true;
        self.theirs = Some(theirs);
    }

    /// Takes a message; only checks and the answers to ours come.
    pub(super) fn take(&self, data: &[u8], from: SocketAddr) -> Received {
        let mut message = Message::new();
        message.unmarshal_binary(data).unwrap();
        if message.typ == BINDING_SUCCESS {
            self.answers.set(self.answers.get() + 1);
            return Received { replies: Vec::new(), is_nominated: self.is_controlling };
        }
        // Who checks this way can be reached by it, and knows this peer's address from its own check.
        let replies = vec![self.success(&message, from), self.check()];
        Received { replies, is_nominated: message.contains(ATTR_USE_CANDIDATE) }
    }

    /// How many successes came.
    pub(super) fn answers(&self) -> u64 {
        self.answers.get()
    }

    /// A check that is padded as those are that search the path's MTU.
    pub(super) fn probe(&self, bytes: usize) -> Vec<u8> {
        self.check_with(|message| message.add(PADDING, &vec![0; bytes]))
    }

    fn success(&self, request: &Message, from: SocketAddr) -> Vec<u8> {
        let mapped = XorMappedAddress { ip: from.ip(), port: from.port() };
        self.build(BINDING_SUCCESS, request.transaction_id, OURS.pwd, |message| {
            mapped.add_to(message).unwrap();
        })
    }

    fn check(&self) -> Vec<u8> {
        self.check_with(|_| {})
    }

    fn check_with(&self, add: impl FnOnce(&mut Message)) -> Vec<u8> {
        let theirs = self.theirs.as_ref().unwrap();
        self.build(BINDING_REQUEST, TransactionId::new(), &theirs.pwd, |message| {
            let username = format!("{}:{}", theirs.ufrag, OURS.ufrag);
            TextAttribute::new(ATTR_USERNAME, username).add_to(message).unwrap();
            message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
            if self.is_controlling {
                message.add(ATTR_ICE_CONTROLLING, &TIE_BREAKER);
                message.add(ATTR_USE_CANDIDATE, &[]);
            } else {
                message.add(ATTR_ICE_CONTROLLED, &TIE_BREAKER);
            }
            add(message);
        })
    }

    fn build(
        &self,
        kind: MessageType,
        transaction: TransactionId,
        pwd: &str,
        add: impl FnOnce(&mut Message),
    ) -> Vec<u8> {
        let mut message = Message::new();
        message.set_type(kind);
        message.transaction_id = transaction;
        message.write_header();
        add(&mut message);
        let crypto = self.provider.crypto();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(pwd.to_owned(), crypto);
        integrity.add_to(&mut message).unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message.raw
    }
}
