//! A cipher that shows what it seals and opens to the [`ForwardLimit`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rtc::crypto::{AeadCipher, CryptoError};

use super::forward_limit::ForwardLimit;

/// What a DTLS record is authenticated with besides its content: epoch and number, type, version, length (RFC 5246, section
/// 6.2.3.3). That of SRTP, which has ciphers of its own here, is a multiple of four long.
const DTLS: usize = 13;
const TYPE: usize = 8;
/// A record that is an SCTP packet.
const APPLICATION_DATA: u8 = 23;

/// One of a connection's ciphers.
pub(super) struct GuardedCipher {
    pub(super) cipher: Box<dyn AeadCipher>,
    pub(super) limit: Arc<Mutex<ForwardLimit>>,
}

impl GuardedCipher {
    fn limit(&self) -> MutexGuard<'_, ForwardLimit> {
        // Nothing can panic while it is locked.
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AeadCipher for GuardedCipher {
    fn tag_len(&self) -> usize {
        self.cipher.tag_len()
    }

    fn seal_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), CryptoError> {
        if is_sctp(aad) {
            self.limit().sent(text);
        }
        self.cipher.seal_in_place(nonce, aad, text, tag)
    }

    fn open_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        self.cipher.open_in_place(nonce, aad, text, tag)?;
        if is_sctp(aad) && !self.limit().takes(text) {
            tracing::debug!("an SCTP packet dropped that asks for too much");
            return Err(CryptoError::AuthenticationFailed);
        }
        Ok(())
    }
}

fn is_sctp(aad: &[u8]) -> bool {
    aad.len() == DTLS && aad[TYPE] == APPLICATION_DATA
}
