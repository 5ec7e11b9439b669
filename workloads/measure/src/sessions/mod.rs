//! The peer connections of a run.

mod attempts;
mod end;
mod overtaken;
mod pairing;
mod presence;
mod session;
mod session_table;

pub use end::Ended;
pub(crate) use pairing::Pairing;
pub use presence::Presence;
pub(crate) use session::{LOST_AFTER, Session};
pub(crate) use session_table::SessionTable;
