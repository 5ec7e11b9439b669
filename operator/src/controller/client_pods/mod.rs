//! Has there be the client pods that a session shall have: what [`plan`](crate::clients::plan) says, done.

mod advance;
mod calls;
mod former_job;
mod job_pods;
mod server_place;
mod stored;
mod sum;

pub(super) use advance::{Advanced, Situation, advance};
pub(super) use former_job::with_finished;
pub(super) use job_pods::job_state;
pub(super) use server_place::{kept_away, server_place};
pub(super) use stored::StoredRun;
