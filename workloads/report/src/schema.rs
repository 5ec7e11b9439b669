//! The version of what is written.

/// The version of the summaries' JSON. It changes only when a reader of the old form would misread the new one.
pub const SCHEMA_VERSION: u32 = 1;
