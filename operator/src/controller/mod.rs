//! From a session that is asked for to its children in the cluster, in named steps:
//!
//! | step | needs the API server | takes | gives |
//! |---|---|---|---|
//! | [`validate`](crate::session::validate) | no | a stored session | a [`Session`](crate::session::Session) that makes sense, or why not |
//! | [`dereference`] | no, the watches read | that | what exists of it |
//! | [`build`] | no | both | [`Resources<Prepared>`](resources::Resources) |
//! | [`apply`] | yes | these | `Resources<Applied>` |
//! | observe | no | these, pods and reports | conditions |
//! | update_status | yes | these | |
//!
//! The types keep the order: only apply makes `Resources<Applied>`, and it has to take every prepared resource in hand.
//! [`watch`](crate::cluster::watch) brings what happens in the cluster, [`run`] reconciles the sessions that it is about.

mod admitted;
mod adoption;
mod advance_run;
pub mod apply;
mod authorities;
pub mod build;
mod circumstances;
mod client_pods;
mod context;
pub mod dereference;
mod drill;
mod epoch;
mod error;
mod events;
mod expire;
mod images;
mod list_within;
mod memory;
pub mod metrics;
mod moves;
mod objectives;
mod observe;
mod outcome;
mod pending;
mod place;
mod policies;
#[cfg(test)]
mod properties;
mod queue;
mod reached;
mod reconcile;
pub mod resources;
mod run_clients;
mod run_loop;
mod session_ref;
mod steps;
mod strays;
mod stuck_pods;
mod templates;
mod undecodable;
mod update_status;

pub use context::{Context, Pace};
pub use error::Error;
pub use run_loop::run;
