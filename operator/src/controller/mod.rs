//! From a session that is asked for to its children in the cluster, in named steps:
//!
//! | step | needs the API server | takes | gives |
//! |---|---|---|---|
//! | [`dereference`] | yes | a session | what exists of it |
//! | [`validate`] | no | what exists of it | a [`Session`](validate::Session) that makes sense, or why not |
//! | [`build`] | no | that | [`Resources<Prepared>`](resources::Resources) |
//! | apply | yes | these | `Resources<Applied>` |
//! | status | yes | these | conditions |
//!
//! The types keep the order: only apply makes `Resources<Applied>`, and it has to take every prepared resource in hand.

pub mod build;
pub mod dereference;
mod hash;
pub mod labels;
pub mod report_source;
pub mod resources;
pub mod settings;
pub mod validate;
