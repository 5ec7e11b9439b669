//! The usual cryptography, with ciphers that are guarded.

use std::sync::{Arc, Mutex};

use rtc::crypto::{
    ActiveKeyExchange, AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CryptoAlgorithm, CryptoError,
    HashAlgorithm, HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey, RTCCrypto, RTCCryptoProvider,
    RTCRandom, SignatureScheme, SigningKey, StreamCipher, StreamCipherAlgorithm, default_provider,
};
use webrtc::error;

use super::cipher::GuardedCipher;
use super::forward_limit::ForwardLimit;

/// The cryptography of one connection; not to be shared, for it remembers what that connection acknowledged.
///
/// # Errors
/// Where the library has none.
pub(crate) fn provider() -> error::Result<Arc<dyn RTCCryptoProvider>> {
    let usual = default_provider().map_err(|error| error::Error::Crypto(error.to_string()))?;
    Ok(Arc::new(Guarded { usual, limit: Arc::default() }))
}

struct Guarded {
    usual: Arc<dyn RTCCryptoProvider>,
    limit: Arc<Mutex<ForwardLimit>>,
}

impl RTCCryptoProvider for Guarded {
    fn name(&self) -> &'static str {
        self.usual.name()
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self
    }

    fn random(&self) -> &dyn RTCRandom {
        self.usual.random()
    }
}

impl RTCCrypto for Guarded {
    /// CBC is not offered: its ciphers do not know what they decrypt. Every peer has AES-GCM (RFC 8827, section 6.5).
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        !matches!(algorithm, CryptoAlgorithm::Cbc(_)) && self.usual.crypto().supports(algorithm)
    }

    fn new_aead(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadCipher>, CryptoError> {
        let cipher = self.usual.crypto().new_aead(algorithm, key)?;
        Ok(Box::new(GuardedCipher { cipher, limit: Arc::clone(&self.limit) }))
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.usual.crypto().hash(algorithm, data)
    }

    fn block_encrypt(
        &self,
        algorithm: BlockCipherAlgorithm,
        key: &[u8],
        block: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.usual.crypto().block_encrypt(algorithm, key, block)
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        self.usual.crypto().new_hmac(algorithm, key)
    }

    fn new_stream_cipher(
        &self,
        algorithm: StreamCipherAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn StreamCipher>, CryptoError> {
        self.usual.crypto().new_stream_cipher(algorithm, key)
    }

    fn start_key_exchange(
        &self,
        algorithm: KeyExchangeAlgorithm,
    ) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        self.usual.crypto().start_key_exchange(algorithm)
    }

    fn generate_signing_key(&self, scheme: SignatureScheme) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.usual.crypto().generate_signing_key(scheme)
    }

    fn import_signing_key(
        &self,
        scheme: SignatureScheme,
        pkcs8_der: &[u8],
    ) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.usual.crypto().import_signing_key(scheme, pkcs8_der)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.usual.crypto().verify_signature(scheme, key, message, signature)
    }
}

#[cfg(test)]
mod tests {
    use rtc::crypto::CbcAlgorithm;

    use super::*;

    const GCM: AeadAlgorithm = AeadAlgorithm::Aes128Gcm;

    /// What authenticates a record of this type.
    fn aad(kind: u8) -> [u8; 13] {
        [0, 1, 0, 0, 0, 0, 0, 1, kind, 0xfe, 0xfd, 0, 40]
    }

    fn packet(chunk: &[u8]) -> Vec<u8> {
        [&[0x13, 0x88, 0x13, 0x88, 0, 0, 0, 7, 0, 0, 0, 0][..], chunk].concat()
    }

    /// Whether the connection of `ours` takes the packet from a peer.
    fn takes(ours: &mut dyn AeadCipher, aad: &[u8], packet: &[u8]) -> bool {
        let mut peer = default_provider().unwrap().crypto().new_aead(GCM, &[1; 16]).unwrap();
        let (mut text, mut tag) = (packet.to_vec(), [0; 16]);
        peer.seal_in_place(&[2; 12], aad, &mut text, &mut tag).unwrap();
        ours.open_in_place(&[2; 12], aad, &mut text, &tag).is_ok_and(|()| text == packet)
    }

    #[test]
    fn what_one_cipher_acknowledges_bounds_what_the_other_takes() {
        let provider = provider().unwrap();
        let mut local = provider.crypto().new_aead(GCM, &[3; 16]).unwrap();
        let mut remote = provider.crypto().new_aead(GCM, &[1; 16]).unwrap();
        let sack = packet(&[3, 0, 0, 16, 0, 0, 4, 0, 0, 16, 0, 0, 0, 0, 0, 0]);
        local.seal_in_place(&[4; 12], &aad(23), &mut sack.clone(), &mut [0; 16]).unwrap();
        let forward = |high: u8| packet(&[192, 0, 0, 8, high, 0, 4, 7]);
        assert!(takes(remote.as_mut(), &aad(23), &forward(0)));
        assert!(!takes(remote.as_mut(), &aad(23), &forward(0x40)));
        assert!(takes(remote.as_mut(), &aad(22), &forward(0x40)), "a handshake message is no packet");
        assert!(takes(remote.as_mut(), &aad(23)[..12], &forward(0x40)), "nor is SRTP");
    }

    #[test]
    fn every_cipher_that_decrypts_records_is_guarded() {
        let provider = provider().unwrap();
        let crypto = provider.crypto();
        assert!(!crypto.supports(CryptoAlgorithm::Cbc(CbcAlgorithm::Aes256Cbc)));
        assert!(crypto.new_cbc(CbcAlgorithm::Aes256Cbc, &[0; 32]).is_err());
        assert!(crypto.supports(CryptoAlgorithm::Aead(GCM)));
    }
}
