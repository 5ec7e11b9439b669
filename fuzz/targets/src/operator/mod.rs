//! What the operator reads: reports of pods, their tokens, and sessions as they are stored.

pub(crate) mod posts;
mod schema;
pub(crate) mod sessions;
pub(crate) mod tokens;
