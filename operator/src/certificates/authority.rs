//! What is kept of an authority of the operator's own, and of the one certificate that it issues: the operator's.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An authority, and the certificate that it has issued. All of it is stored, so that any replica can go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authority {
    /// Distinguishes it from others, in its certificate and in logs.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// From then on neither it nor what it has issued is valid.
    pub expires_at: Timestamp,
    /// What it is known by, as PEM.
    pub certificate: String,
    /// By which it issues.
    pub key: PrivateKey,
    /// What it has issued.
    pub issued: Issued,
}

/// The operator's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// As PEM.
    pub certificate: String,
    /// Proves that it is the operator's.
    pub key: PrivateKey,
}

/// A private key as PEM, which no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrivateKey(pub String);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}
