//! As much of SRTP (RFC 3711) as RTCP needs.

use rtc::crypto::RTCCrypto;
use rtc::dtls::state::State;
use rtc::srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc::srtp::context::Context;
use rtc::srtp::protection_profile::ProtectionProfile;

/// What this peer's packets are encrypted with.
pub(super) struct Media(Context);

impl Media {
    /// The keys of a handshake that is over (RFC 5764, section 4.2).
    pub(super) fn new(state: &State, crypto: &dyn RTCCrypto) -> Self {
        let mut config = Config { profile: ProtectionProfile::Aes128CmHmacSha1_80, ..Config::default() };
        let length = config.keying_material_len();
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length).unwrap();
        config.set_session_keys_from_keying_material(material.as_ref(), state.is_client()).unwrap();
        let (key, salt) = (&config.keys.local_master_key, &config.keys.local_master_salt);
        Self(Context::new(key, salt, config.profile, None, None, crypto).unwrap())
    }

    /// The packet as it leaves; none where it is too short to have a sender, or of another version.
    pub(super) fn encrypt(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        self.0.encrypt_rtcp(packet).ok().map(|encrypted| encrypted.to_vec())
    }
}
