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
    /// Names the process, at random; absent in posts of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Counts the posts of the process, from 1.
    pub sequence: u64,
    /// When the process started.
    pub started_at: Timestamp,
    /// For how long it has been without a decoded frame; null while it has media.
    #[serde(default)]
    pub without_media_seconds: Option<f64>,
    /// The state of its connection.
    pub state: State,
    /// The codes that happened.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
}

impl ClientPost {
    /// The post of a client that started at `started_at`, of which neither its instance nor its media are known.
    pub fn new(sequence: u64, started_at: Timestamp, state: State, errors: Vec<ErrorEntry>) -> Self {
        let (schema_version, instance, without_media_seconds) = (SCHEMA_VERSION, None, None);
        Self { schema_version, instance, sequence, started_at, without_media_seconds, state, errors }
    }
}
