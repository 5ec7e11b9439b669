//! Peers of other programs, which name no RTP timestamp: how their reports are brought back to frames, as an estimate.

mod arrival;
mod fit;
mod questions;
mod relative;

pub(crate) use arrival::{Aligned, Arrival};
pub use questions::INTERVAL as QUESTION_INTERVAL;
pub(crate) use questions::{PositionOrigin, Questions};
pub(crate) use relative::Relative;
