//! How large a post may be.

/// The rows a server posts at most, the worst: a post of a hundred clients still fits its limit.
pub const MAX_ROWS: usize = 16;

/// The largest post, in bytes.
pub const MAX_BYTES: usize = 32 * 1024;
