//! What the system has learnt of the way by itself, from routers that say so.

/// Whether that counts for a datagram that is to leave in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// What is larger than the way is known to carry is refused. Media of that size leaves in fragments.
    Counts,
    /// All leaves that the interface takes.
    IsIgnored,
}
