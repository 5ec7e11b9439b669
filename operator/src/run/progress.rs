//! How far something is that takes a while.

/// How far something is that takes a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not there yet.
    Pending,
    /// There.
    Done,
}
