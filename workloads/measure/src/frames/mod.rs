//! The frames of a run: which were captured, which of them went to a session and are still pending, and where decoding
//! froze.

mod frame;
mod freezes;
mod ledger;
mod timeline;

pub use frame::Truth;
pub(crate) use frame::{CLOCK_RATE, Frame};
pub(crate) use freezes::{FreezeDetector, Step};
pub(crate) use ledger::{Claim, Ledger};
pub(crate) use timeline::Timeline;
