//! A public key, and what it verifies.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};

use crate::reports::auth::algorithm::Algorithm;

/// The bytes that the modulus of an RSA key has, for which `ring` verifies.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// Begins a point of a curve that is given by both coordinates.
const UNCOMPRESSED: u8 = 4;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports::auth) enum PublicKey {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

impl PublicKey {
    /// An RSA key of its two numbers; `None` of a size that cannot be verified with.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let number =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().skip_while(|byte| *byte == 0).collect() };
        let (modulus, exponent) = (number(modulus), number(exponent));
        (RSA_BYTES.contains(&modulus.len()) && !exponent.is_empty())
            .then_some(Self::Rsa { modulus, exponent })
    }

    /// The point of a curve; `None` of other curves, and of what is no point by its length.
    pub(super) fn elliptic(curve: &str, x: &[u8], y: &[u8]) -> Option<Self> {
        let point = || [&[UNCOMPRESSED], x, y].concat();
        match (curve, x.len(), y.len()) {
            ("P-256", 32, 32) => Some(Self::P256(point())),
            ("P-384", 48, 48) => Some(Self::P384(point())),
            _ => None,
        }
    }

    /// Whether `signature` is one of `message` with this key. Never by an algorithm for another kind of key: what a token
    /// says of itself chooses among those that fit the key.
    pub(in crate::reports::auth) fn verifies(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, algorithm) => {
                rsa_parameters(algorithm).is_some_and(|parameters| {
                    let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                    key.verify(parameters, message, signature).is_ok()
                })
            }
            (Self::P256(point), Algorithm::Es256) => {
                is_signed(&ECDSA_P256_SHA256_FIXED, point, message, signature)
            }
            (Self::P384(point), Algorithm::Es384) => {
                is_signed(&ECDSA_P384_SHA384_FIXED, point, message, signature)
            }
            (Self::P256(_) | Self::P384(_), _) => false,
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => None,
    }
}

fn is_signed(by: &'static dyn VerificationAlgorithm, point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(by, point).verify(message, signature).is_ok()
}
