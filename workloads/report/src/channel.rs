//! The messages on the report data channel. Our own server and client speak JSON text, one object a message; what other
//! programs say instead is in [`Foreign`].
//!
//! The first message on our channel is a hello, every other one reports one frame, named by its RTP timestamp. The
//! channel is unordered and does not retransmit, so any message may be missing, repeated or early. Whoever parses
//! trusts nothing: length, names and numbers are bounded here, once for all.

mod foreign;
mod wire;

pub use foreign::{Foreign, QUESTION, is_question};
use wire::Wire;

use crate::text;

/// The label of the data channel on which this dialect, version 1, is spoken.
pub const LABEL: &str = "ballsession.v1";

/// The longest message that is parsed, in bytes. A hello with names at their limits is a third of it.
pub const MAX_MESSAGE: usize = 4096;

/// The longest id or version, in bytes.
pub const MAX_NAME: usize = 128;

/// The longest node, in bytes: Kubernetes names its nodes as DNS names, which may be that long.
pub const MAX_NODE: usize = 253;

/// The largest coordinate, in pixels and either direction: several times any picture, yet small enough that sums
/// and squares of it stay exact enough.
pub const MAX_COORDINATE: f64 = 100_000.0;

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Who the client is.
    Hello(Hello),
    /// What became of one frame.
    Frame(FrameReport),
    /// A message of another program.
    Foreign(Foreign),
}

/// Who a client is; names are 1 to [`MAX_NAME`] bytes, a node up to [`MAX_NODE`], without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Its name, the same after a reconnect.
    pub id: String,
    /// The machine it runs on.
    pub node: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its sessions before this one.
    pub reconnects: u32,
}

/// What became of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameReport {
    /// The RTP timestamp of the frame, as received.
    pub timestamp: u32,
    /// What the client saw.
    pub outcome: FrameOutcome,
}

/// What a client saw in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FrameOutcome {
    /// The ball; pixel centres are at integer coordinates.
    Position {
        /// To the right, at most [`MAX_COORDINATE`] either way.
        x: f64,
        /// Downwards, at most [`MAX_COORDINATE`] either way.
        y: f64,
        /// 0 to 1; 1 where the client does not say.
        confidence: f64,
    },
    /// The frame was decoded, but no ball was in it.
    Undetected,
    /// The frame came, but could not be decoded.
    Undecodable,
}

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
    #[error("{name} must be 1 to {most} bytes without control characters")]
    Name {
        /// Which name.
        name: &'static str,
        /// The most bytes that are allowed.
        most: usize,
    },
    /// Neither a hello nor a report, or both.
    #[error("must have either hello and id, or ts with x and y or a state, or x and y with or without pts")]
    Shape,
    /// A number out of its range.
    #[error("{name} is {value}, allowed is {least} to {most}")]
    Range {
        /// Which number.
        name: &'static str,
        /// As text, so that errors can be compared.
        value: String,
        /// The least that is allowed.
        least: i32,
        /// The most that is allowed.
        most: i32,
    },
}

impl Message {
    /// The message as it goes onto the channel.
    ///
    /// A coordinate that is no number becomes `null`, which the other side refuses.
    pub fn to_text(&self) -> String {
        let wire = match self {
            Self::Hello(hello) => Wire::from(hello),
            Self::Frame(report) => Wire::from(report),
            Self::Foreign(message) => return message.to_text(),
        };
        // Cannot fail: every key is a string, and no writer is involved that could.
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Parses what came from the channel. Keys that are not known are ignored.
    ///
    /// # Errors
    /// Where the message is too long, is of no shape that is known, or has a value out of its bounds.
    pub fn parse(data: &[u8]) -> Result<Self, Malformed> {
        if data.len() > MAX_MESSAGE {
            return Err(Malformed::TooLong(data.len()));
        }
        // The deserialiser would take an array of the values, too.
        if !data.trim_ascii_start().starts_with(b"{") {
            return Foreign::parse(data).map(Self::Foreign);
        }
        let wire: Wire = serde_json::from_slice(data).map_err(|error| {
            // The parser's message may quote the peer.
            Malformed::Syntax(text::escape(&error.to_string(), MAX_NAME))
        })?;
        match (wire.hello, wire.ts) {
            (Some(1), None) => wire.into_hello().map(Self::Hello),
            (Some(version), None) => Err(Malformed::HelloVersion(version)),
            (None, Some(timestamp)) => Ok(Self::Frame(FrameReport { timestamp, outcome: wire.outcome()? })),
            (None, None) => wire.foreign().map(Self::Foreign),
            (Some(_), Some(_)) => Err(Malformed::Shape),
        }
    }
}
