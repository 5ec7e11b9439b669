//! Who a client is.

/// Who a client is; names are 1 to [`MAX_NAME`](super::MAX_NAME) bytes, a node up to [`MAX_NODE`](super::MAX_NODE): what [`is_name`](super::is_name) takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Its name, the same after a reconnect.
    pub id: String,
    /// A random word for its process: of two with the same id it tells whether they are the same.
    pub instance: Option<String>,
    /// Counts the processes that were started under this id, where somebody counts them.
    pub attempt: Option<u32>,
    /// The machine it runs on.
    pub node: Option<String>,
    /// The zone that machine is in.
    pub zone: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its sessions before this one.
    pub reconnects: u32,
}

impl Hello {
    /// The hello of a client that has nothing but a name.
    pub fn new(id: impl Into<String>) -> Self {
        let (instance, attempt, node, zone, version) = (None, None, None, None, None);
        Self { id: id.into(), instance, attempt, node, zone, version, reconnects: 0 }
    }
}
