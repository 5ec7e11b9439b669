//! By what tokens may be signed (RFC 7518): with a pair of keys, of which the API server gives the public one away. With
//! `none` and HMAC whoever knows that one could sign.

use serde::Deserialize;

/// An algorithm by which an API server signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    /// Known, so that the API server is asked about such tokens: `ring` has no P-521.
    Es512,
}

impl Algorithm {
    /// All of them, for messages.
    pub(super) const NAMES: &'static str = "RS256, RS384, RS512, ES256, ES384 and ES512";
}
