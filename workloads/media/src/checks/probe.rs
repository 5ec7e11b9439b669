//! Checks of our own, made from the library's.

use std::sync::Arc;

use rtc::crypto::{RTCCryptoProvider, default_provider};
use rtc::stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USERNAME, AttrType,
};
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, Message, Setter, TransactionId as StunTransactionId};

use crate::path_mtu::{ATTRIBUTE, Note};
use crate::stun::TransactionId;

/// What the library's checks say of itself, which ours say too.
const COPIED: [AttrType; 4] = [ATTR_USERNAME, ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY];

/// Makes checks that the peer takes for the library's, and knows its answers.
pub(super) struct Prober {
    provider: Arc<dyn RTCCryptoProvider>,
    /// The peer's.
    password: String,
    /// The library's last check: the role may change.
    template: Vec<u8>,
}

impl Prober {
    /// For the peer that described itself so; `None` where it names no password.
    pub(super) fn new(remote_sdp: &str) -> Option<Self> {
        let password = password(remote_sdp)?;
        Some(Self { provider: default_provider().ok()?, password, template: Vec::new() })
    }

    /// The library sends this check.
    pub(super) fn sent_by_library(&mut self, check: &[u8]) {
        if Message::new().unmarshal_binary(check).is_err() {
            return;
        }
        self.template.clear();
        self.template.extend_from_slice(check);
    }

    /// A check; `None` before the library's first one.
    pub(super) fn check(&self) -> Option<(TransactionId, Vec<u8>)> {
        self.signed(|_| {})
    }

    /// A check of exactly this length, and no shorter than it has to be, that says so much of the way; `None` before the
    /// library's first one. STUN counts by fours: what is left behind the message is nobody's.
    pub(super) fn padded_check(&self, length: usize, note: Note) -> Option<(TransactionId, Vec<u8>)> {
        let (_, shortest) = self.signed(|check| check.add(AttrType(ATTRIBUTE), &note.value(0)))?;
        let padding = length.saturating_sub(shortest.len()) / 4 * 4;
        // The shortest value has two bytes to spare.
        let value = note.value(Note::BYTES.next_multiple_of(4) + padding);
        let (transaction, mut check) = self.signed(|check| check.add(AttrType(ATTRIBUTE), &value))?;
        check.resize(length.max(check.len()), 0);
        Some((transaction, check))
    }

    /// A check with what is added to it before it is signed.
    fn signed(&self, add: impl FnOnce(&mut Message)) -> Option<(TransactionId, Vec<u8>)> {
        let mut template = Message::new();
        template.unmarshal_binary(&self.template).ok()?;
        let mut check = Message::new();
        check.set_type(BINDING_REQUEST);
        check.transaction_id = StunTransactionId::new();
        check.write_header();
        for attribute in template.attributes.0.iter().filter(|attribute| COPIED.contains(&attribute.typ)) {
            check.add(attribute.typ, &attribute.value);
        }
        add(&mut check);
        self.integrity().add_to(&mut check).ok()?;
        FINGERPRINT.add_to(&mut check).ok()?;
        Some((check.transaction_id.0, check.raw))
    }

    /// Whether there is anything to make checks of yet.
    pub(super) fn is_ready(&self) -> bool {
        !self.template.is_empty()
    }

    /// Whether a message has the peer's signature.
    pub(super) fn is_signed_by_peer(&self, datagram: &[u8]) -> bool {
        self.is_signed_with(&self.password, datagram)
    }

    /// Whether a message is signed with this password.
    pub(super) fn is_signed_with(&self, password: &str, datagram: &[u8]) -> bool {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).is_ok()
            && MessageIntegrity::check(&mut message, password.as_bytes(), self.provider.crypto()).is_ok()
    }

    fn integrity(&self) -> MessageIntegrity<'_> {
        let crypto = self.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(self.password.clone(), crypto)
    }
}

/// The ICE password of a description.
pub(super) fn password(sdp: &str) -> Option<String> {
    sdp.lines().find_map(|line| line.strip_prefix("a=ice-pwd:")).map(|password| password.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use rtc::stun::attributes::ATTR_USE_CANDIDATE;

    use super::*;

    const SDP: &str = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";

    #[test]
    fn a_check_is_the_librarys_with_an_identity_of_its_own_and_nominates_nothing() {
        let mut prober = Prober::new(SDP).unwrap();
        assert!(prober.check().is_none());
        let mut library = Message::new();
        library.set_type(BINDING_REQUEST);
        library.write_header();
        library.add(ATTR_USERNAME, b"abcd:mine");
        library.add(ATTR_ICE_CONTROLLING, &[7; 8]);
        library.add(ATTR_USE_CANDIDATE, &[]);
        prober.sent_by_library(&library.raw);
        let [(first, check), (second, _)] = [prober.check().unwrap(), prober.check().unwrap()];
        assert_ne!(first, second);
        let mut message = Message::new();
        message.unmarshal_binary(&check).unwrap();
        assert_eq!(message.get(ATTR_USERNAME).unwrap(), b"abcd:mine");
        assert!(message.contains(ATTR_ICE_CONTROLLING) && !message.contains(ATTR_USE_CANDIDATE));
        assert!(prober.is_signed_by_peer(&check), "with the peer's password, as its answers are");
        let stranger = Prober::new(&SDP.replace("0123", "3210")).unwrap();
        assert!(!stranger.is_signed_by_peer(&check) && !stranger.is_signed_by_peer(b"x"));
    }

    #[test]
    fn a_padded_check_has_any_length_and_its_signature_all_the_same() {
        let mut prober = Prober::new(SDP).unwrap();
        assert!(prober.padded_check(1000, Note::default()).is_none() && !prober.is_ready());
        let mut library = Message::new();
        library.set_type(BINDING_REQUEST);
        library.write_header();
        library.add(ATTR_USERNAME, b"abcd:mine");
        library.add(ATTR_ICE_CONTROLLED, &[7; 8]);
        prober.sent_by_library(&library.raw);
        let note = Note { path_mtu: Some(1400), largest_sent: Some(1226), full_payload: Some(1188) };
        for length in (160..200).chain([1236, 1472, 8972, 9188]) {
            let (transaction, check) = prober.padded_check(length, note).unwrap();
            assert_eq!(check.len(), length);
            assert!(prober.is_signed_by_peer(&check), "{length}");
            assert_eq!(crate::stun::header(&check), Some(([0, 1], transaction)));
            let found = crate::stun::attributes(&check).find(|(kind, _)| *kind == ATTRIBUTE);
            assert_eq!(found.and_then(|(_, value)| Note::read(value)), Some(note), "{length}");
        }
        assert!(prober.padded_check(10, note).unwrap().1.len() < 150, "as short as it can be");
    }
}
