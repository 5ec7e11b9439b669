//! One measurement after the other.

use serde::Serialize;

use super::Arguments;
use super::detectors::{self, Figures};
use super::floor::{self, Floor};
use super::session::{self, Costs};

#[derive(Debug, Serialize)]
struct Outcome {
    /// In a session at the video's pace, microseconds per frame.
    session: Costs,
    /// In a loop, microseconds per frame.
    floor: Floor,
    detectors: Vec<Figures>,
}

/// Measures once: the figures are JSON on stdout.
///
/// # Errors
/// Where a codec, a detector or the session fails.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let outcome = Outcome {
        session: session::measure(arguments)?,
        floor: floor::measure(arguments)?,
        detectors: detectors::compare(arguments)?,
    };
    println!("{}", serde_json::to_string_pretty(&outcome)?);
    Ok(())
}
