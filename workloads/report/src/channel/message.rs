//! Any message: what is on the channel, to and fro.

use super::{
    foreign::Foreign,
    frame_report::FrameReport,
    hello::Hello,
    limits::{MAX_MESSAGE, MAX_NAME},
    malformed::Malformed,
    own_report,
    stats::ClientStats,
    wire::Wire,
};
use crate::text;

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Who the client is.
    Hello(Hello),
    /// What became of one frame.
    Frame(FrameReport),
    /// What the client counted.
    Stats(ClientStats),
    /// A message of another program.
    Foreign(Foreign),
}

impl Message {
    /// The message as it goes onto the channel.
    ///
    /// A coordinate that is no number becomes `null`, which the other side refuses.
    pub fn to_text(&self) -> String {
        let wire = match self {
            Self::Hello(hello) => Wire::from(hello),
            Self::Frame(report) => Wire::from(report),
            Self::Stats(stats) => Wire::from(stats),
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
        if let Some(report) = own_report::parse(data) {
            return report.to_report().map(Self::Frame);
        }
        // The deserialiser would take an array of the values, too.
        if !data.trim_ascii_start().starts_with(b"{") {
            return Foreign::parse(data).map(Self::Foreign);
        }
        // The parser's message may quote the peer.
        let refused =
            |error: &dyn std::error::Error| Malformed::Syntax(text::escape(&error.to_string(), MAX_NAME));
        // Checked as a whole, which is less work than string by string.
        let text = str::from_utf8(data).map_err(|error| refused(&error))?;
        let wire: Wire = serde_json::from_str(text).map_err(|error| refused(&error))?;
        match (wire.hello, wire.ts, &wire.stats) {
            (Some(1), None, None) => wire.into_hello().map(Self::Hello),
            (Some(version), None, None) => Err(Malformed::HelloVersion(version)),
            (None, Some(timestamp), None) => wire.report(timestamp).to_report().map(Self::Frame),
            (None, None, Some(stats)) => stats.bounded().map(Self::Stats),
            (None, None, None) => wire.foreign().map(Self::Foreign),
            _ => Err(Malformed::Shape),
        }
    }
}
