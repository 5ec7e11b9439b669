//! The peer connections of a run.

mod attempts;
mod end;
mod overtaken;
mod pairing;
mod presence;
mod session;

pub(crate) use attempts::Attempts;
pub use end::Ended;
pub(crate) use pairing::Pairing;
pub use presence::Presence;
pub(crate) use presence::presence;
pub(crate) use session::{LOST_AFTER, Session};
