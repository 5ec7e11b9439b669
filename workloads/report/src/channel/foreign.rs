//! The dialects of other programs of this kind, most of them aiortc scripts.
//!
//! | text | sender |
//! |---|---|
//! | `(x, y)` | answers a message that starts with `Server`, and sends nothing unprompted |
//! | `x<TAB>y<TAB>pts` | sends `hi` first |
//! | `{"pts": p, "x": x, "y": y}`, `{"x": x, "y": y}`, `x,y` | reports unprompted |
//!
//! Text is taken apart here and never evaluated, which is what some of these programs do with each other's.

use super::{
    bounds::within,
    limits::{MAX_COORDINATE, MAX_NAME},
    malformed::Malformed,
};
use crate::text;

/// What a program that answers questions only is asked. Such programs look at the first word.
pub const QUESTION: &str = "Server: where is the ball?";

/// The largest presentation timestamp: up to there a float, which some senders may make of it, is exact. That is three
/// thousand years.
const MAX_PTS: f64 = 9_007_199_254_740_992.0;

/// A message in a dialect of another program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Foreign {
    /// `hi`: the channel works, and reports will follow.
    Greeting,
    /// The ball was seen.
    Position {
        /// To the right, at most [`MAX_COORDINATE`] either way.
        x: f64,
        /// Downwards, at most [`MAX_COORDINATE`] either way.
        y: f64,
        /// The frame's RTP timestamp less that of the first frame that the sender received. Where a sender leaves
        /// it out, only the moment shows which frame is meant.
        pts: Option<u64>,
    },
}

/// Whether `text` asks for a position.
pub fn is_question(text: &str) -> bool {
    text.starts_with("Server")
}

impl Foreign {
    /// The message as it goes onto the channel: `{"pts":3000,"x":1.5,"y":2.5}`, or, where there is no `pts`, `(2, 3)`
    /// in whole pixels.
    pub fn to_text(self) -> String {
        match self {
            Self::Greeting => "hi".to_owned(),
            Self::Position { x, y, pts: Some(pts) } => format!(r#"{{"pts":{pts},"x":{x},"y":{y}}}"#),
            Self::Position { x, y, pts: None } => format!("({}, {})", x.round() as i64, y.round() as i64),
        }
    }

    /// A position of which each number was bounded.
    pub(super) fn position(x: f64, y: f64, pts: Option<f64>) -> Result<Self, Malformed> {
        let pts = match pts {
            Some(pts) if (0.0..=MAX_PTS).contains(&pts) && pts.fract() == 0.0 => Some(pts as u64),
            Some(pts) => return Err(Malformed::Pts(format!("{pts:e}"))),
            None => None,
        };
        let coordinate = |name, value| within(name, value, -MAX_COORDINATE, MAX_COORDINATE);
        Ok(Self::Position { x: coordinate("x", x)?, y: coordinate("y", y)?, pts })
    }

    /// Parses what is not JSON.
    pub(super) fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let unknown = || Malformed::Dialect(text::escape(&String::from_utf8_lossy(data), MAX_NAME));
        let message = str::from_utf8(data).map_err(|_| unknown())?.trim();
        if message == "hi" {
            return Ok(Self::Greeting);
        }
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| unknown());
        if let Some((x, rest)) = message.split_once('\t') {
            let (y, pts) = rest.split_once('\t').ok_or_else(unknown)?;
            return Self::position(number(x)?, number(y)?, Some(number(pts)?));
        }
        let bare = message.strip_prefix('(').and_then(|message| message.strip_suffix(')')).unwrap_or(message);
        let (x, y) = bare.split_once(',').ok_or_else(unknown)?;
        Self::position(number(x)?, number(y)?, None)
    }
}
