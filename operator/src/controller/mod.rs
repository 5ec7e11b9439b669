//! From a session that is asked for to its children in the cluster, in named steps:
//!
//! | step | needs the API server | takes | gives |
//! |---|---|---|---|
//! | [`validate`] | no | a stored session | a [`Session`](validate::Session) that makes sense, or why not |
//! | [`dereference`] | no, the watches read | that | what exists of it |
//! | [`build`] | no | both | [`Resources<Prepared>`](resources::Resources) |
//! | [`apply`] | yes | these | `Resources<Applied>` |
//! | status | no | these, pods and reports | conditions |
//! | update status | yes | these | |
//!
//! The types keep the order: only apply makes `Resources<Applied>`, and it has to take every prepared resource in hand.
//! [`watches`] brings what happens in the cluster, [`run`] turns it into looks at sessions.

pub mod apply;
pub mod backoff;
pub mod build;
pub mod dereference;
mod error;
mod events;
mod finish;
mod first_sync;
mod hash;
pub mod labels;
mod memory;
pub mod metrics;
mod pod_index;
#[cfg(test)]
mod properties;
mod reconcile;
mod refusals;
pub mod report_source;
pub mod resources;
mod run;
pub mod settings;
mod status;
mod subject;
mod triggers;
mod update_status;
pub mod validate;
pub mod watches;

pub use error::Error;
pub use first_sync::FirstSync;
pub use run::{Context, Pace, run};
