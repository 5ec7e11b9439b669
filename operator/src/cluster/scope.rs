//! Which sessions are the operator's.

/// Where sessions are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In all namespaces.
    All,
    /// In this one.
    Namespace(String),
}

impl Scope {
    /// Whether sessions of this namespace are.
    pub(crate) fn covers(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Namespace(watched) => watched == namespace,
        }
    }
}
