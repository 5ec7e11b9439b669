//! The version of what is written.

/// The version of the summaries' JSON. It changes only when a reader of the old form would misread the new one: since 2
/// `freezes` is the viewer's time, which version 1 measured in that of the video. Version 1 is still read.
pub const SCHEMA_VERSION: u32 = 2;
