//! The authorities that are trusted, and which of them stands behind the certificate that is served.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::certificates::authority::Authority;

/// All that is stored of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// The one whose certificate was served before, as long as it still is trusted.
    pub former: Option<Former>,
    /// The one whose certificate is served.
    pub current: Authority,
    /// The one whose certificate will be served, once all have been told to trust it.
    pub next: Option<Authority>,
    /// The last request of a person for other keys that was met.
    #[serde(default, rename = "rotationRequest")]
    pub request: Option<String>,
}

/// What is left of an authority that issues nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Former {
    /// What it was called.
    pub name: String,
    /// What it is known by, as PEM.
    pub certificate: String,
    /// Since when another one's certificate is served.
    pub replaced_at: Timestamp,
}

impl Keyring {
    /// The certificates of all authorities that are trusted, as PEM: what senders are given. Always in the order in which
    /// they were made, so that it does not change when another one's certificate is served.
    pub fn bundle(&self) -> String {
        let former = self.former.as_ref().map(|former| former.certificate.as_str());
        let next = self.next.as_ref().map(|next| next.certificate.as_str());
        former.into_iter().chain([self.current.certificate.as_str()]).chain(next).collect()
    }
}
