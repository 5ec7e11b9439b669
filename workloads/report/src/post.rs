//! What pods post to the operator. Numbers are those since the process started, never differences, so that a post
//! that is lost, doubled or overtaken does no harm: of two, the one with the greater (`started_at`, `sequence`) holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ErrorEntry, State, Summary};

/// The rows a server posts at most, the worst: a post of a hundred clients still fits its limit.
pub const MAX_ROWS: usize = 16;

/// The largest post, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// What a server posts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPost {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Counts the posts of the process, from 1.
    pub sequence: u64,
    /// When the process started.
    pub started_at: Timestamp,
    /// Clients with a signalling connection.
    pub connected_clients: u32,
    /// Those of them that signalled 10 s ago or more, and of which no frame has been counted.
    pub clients_without_media: u32,
    /// The numbers, with at most [`MAX_ROWS`] rows.
    pub summary: Summary,
}

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
    /// How its connection stands.
    pub state: State,
    /// The codes that happened.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
}
