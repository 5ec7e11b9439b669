//! What a session is: an object of the API whose values were all validated, the names and labels of its children, and
//! the hashes that tell whether something in it changed. Pure.

mod asked;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod hash;
mod judged_by;
pub mod labels;
mod measured;
mod model;
pub mod names;
pub mod owner;
pub mod pod;
mod validate;
mod values;

pub use asked::{asked_hash, clients_asked, server_asked};
pub use error::Error;
pub use hash::short_hash;
pub use model::Session;
pub use validate::validate;
