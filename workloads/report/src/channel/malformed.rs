//! Why messages are refused.

use super::limits::{MAX_MESSAGE, MAX_PREVIOUS};

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than [`MAX_MESSAGE`].
    #[error("{0} bytes, at most {MAX_MESSAGE} are allowed")]
    TooLong(usize),
    /// No JSON object, or a known key with a value of another type.
    #[error("no JSON of a hello or a frame report: {0}")]
    Syntax(String),
    /// No JSON, and no text that is known.
    #[error("neither JSON nor hi, (x, y), x,y or x<TAB>y<TAB>pts: {0}")]
    Dialect(String),
    /// A presentation timestamp that no frame can have.
    #[error("pts is {0}, allowed is a whole number of ticks from 0")]
    Pts(String),
    /// A hello of a dialect that is not known here.
    #[error("hello version {0}, only 1 is known")]
    HelloVersion(u32),
    /// A name that is too long, empty or unprintable.
    #[error("{name} must be 1 to {most} bytes without control or invisible characters")]
    Name {
        /// Which name.
        name: &'static str,
        /// The most bytes that are allowed.
        most: usize,
    },
    /// More than [`MAX_PREVIOUS`] earlier outcomes, or one that is none.
    #[error("prev must be at most {MAX_PREVIOUS} outcomes, each [ticks, x, y], [ticks, 0] or [ticks, 1]")]
    Previous,
    /// Neither a hello nor a report, or both.
    #[error(
        "must have either hello and id, or ts with x and y or a state, or stats, or x and y with or without pts"
    )]
    Shape,
    /// A number out of its range.
    #[error("{name} is {value}, allowed is {least} to {most}")]
    Range {
        /// Which number.
        name: &'static str,
        /// As text, so that errors can be compared.
        value: String,
        /// The least that is allowed.
        least: i64,
        /// The most that is allowed.
        most: i64,
    },
}
