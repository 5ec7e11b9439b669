//! Who sends a token.

use crate::reports::stores::PodKey;

/// A pod, and the account that it runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The name of the account, in the namespace of the pod.
    pub(super) service_account: String,
    pub(super) pod: PodKey,
}
