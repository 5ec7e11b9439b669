//! The fields of a session's status that come from its reports: what belongs to them, how they look, and how much two
//! versions of them differ. Pure.
//!
//! An apply takes away whatever its writer owned and does not name any more. So the fields are always written as a
//! complete set, and a [`BallSessionStatus`](crds::BallSessionStatus) in here holds all of them and nothing else.

mod change;
mod condition;
mod errors;
mod judged;
mod numbers;
mod owned;
mod recovery;
mod rows;
mod span;
mod text;
mod verdict;
mod words;

pub(super) use change::Change;
pub(super) use condition::{condition, condition_of};
pub(super) use errors::ErrorTotals;
pub(super) use judged::{Surroundings, judged_clients, judged_session, window_seconds};
pub(super) use numbers::numbers;
pub(super) use owned::{has_numbers, owned};
pub(super) use span::Span;
pub(super) use verdict::{ObjectivesVerdict, is_one_node};
