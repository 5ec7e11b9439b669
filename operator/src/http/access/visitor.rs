//! Who asks, and what that one may see.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use k8s_openapi::api::authentication::v1::UserInfo;

use crate::token_hash::TokenHash;

/// Who asks.
#[derive(Debug, Clone)]
pub(in crate::http) enum Visitor {
    /// Somebody who needs no token, and may see everything.
    Trusted,
    /// Somebody whom the API server knows.
    User(Arc<User>),
}

/// Somebody whom the API server knows.
#[derive(Debug)]
pub(in crate::http) struct User {
    pub(super) token: TokenHash,
    pub(super) info: UserInfo,
    pub(super) source: IpAddr,
}

/// Which sessions are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) enum Visible {
    /// All.
    All,
    /// Those of some namespaces.
    In {
        /// The namespaces.
        namespaces: BTreeSet<String>,
        /// There were more than are asked about.
        is_cut: bool,
    },
}

impl Visible {
    /// Whether sessions of a namespace are shown.
    pub(in crate::http) fn includes(&self, namespace: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::In { namespaces, .. } => namespace.is_some_and(|namespace| namespaces.contains(namespace)),
        }
    }

    /// Whether sessions may be missing that should be shown.
    pub(in crate::http) fn is_cut(&self) -> bool {
        matches!(self, Self::In { is_cut: true, .. })
    }
}
