//! Has there be the client pods that a session shall have: what [`plan`](crate::clients::plan) says, done.

mod advance;
mod calls;
mod server_place;
mod stored;

pub(super) use advance::{Advanced, Situation, advance};
pub(super) use stored::StoredRun;
