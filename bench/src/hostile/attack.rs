//! What all attacks have in common.

use serde::Serialize;

/// What an attack does again and again.
pub(super) trait Attack {
    /// Does it for a hundredth of a second's worth.
    fn act(&mut self, done: &mut Done);
}

/// How often it did what it does.
#[derive(Debug, Default, Serialize)]
pub(super) struct Done {
    /// Connections, requests, packets or datagrams.
    pub(super) done: u64,
    /// Those of them that the server turned down, or did not answer in time.
    pub(super) refused: u64,
}
