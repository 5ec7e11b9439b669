//! A pod to create.

use std::time::Duration;

/// A pod to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Create {
    /// Which client it is.
    pub index: u32,
    /// Which attempt.
    pub attempt: u32,
    /// For how long the attempts before it measured, as far as that is known.
    pub measured: Duration,
}
