//! Who a client is.

/// Who a client is; names are 1 to [`MAX_NAME`](super::MAX_NAME) bytes, a node up to [`MAX_NODE`](super::MAX_NODE), without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Its name, the same after a reconnect.
    pub id: String,
    /// The machine it runs on.
    pub node: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its sessions before this one.
    pub reconnects: u32,
}
