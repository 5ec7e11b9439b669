//! What a client posts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{codes::State, error_log::ErrorEntry, schema::SCHEMA_VERSION};

/// What a client posts: what only it can know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientPost {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Counts the posts of the process, from 1.
    pub sequence: u64,
    /// When the process started.
    pub started_at: Timestamp,
    /// The state of its connection.
    pub state: State,
    /// The codes that happened.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
}

impl ClientPost {
    /// The post of a client that started at `started_at`.
    pub fn new(sequence: u64, started_at: Timestamp, state: State, errors: Vec<ErrorEntry>) -> Self {
        Self { schema_version: SCHEMA_VERSION, sequence, started_at, state, errors }
    }
}
