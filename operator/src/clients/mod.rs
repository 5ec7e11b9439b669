//! The pods of a session's clients: one for each index, made, replaced and deleted by the operator itself. Pure: no I/O, and
//! time is an argument.
//!
//! | file | says |
//! |---|---|
//! | `pod` | what matters of a pod: which client it is, of which attempt, where, and how it ended |
//! | `attempts` | how often each client was tried, as `status.run.attempts` has it |
//! | `measured` | for how long each client of a bounded run has measured, as `status.run.measured` has it |
//! | `name` | what the pod of an attempt is called |
//! | `tracker` | what this process knows beyond its watches: what it has just made and deleted |
//! | `pace` | when a client that failed is tried again |
//! | `create`, `plan`, `planner`, `index` | what is wanted, what there is, and what has to be done about it |
//! | `node`, `fitting` | what matters of a node, and whether it is one that a pod may run on |
//! | `each_node` | which client is on which node, where there is one on each |
//! | `strays` | pods that nobody plans for: their session is gone |
//!
//! What makes it safe with watches that lag, and with two processes of which one does not know yet that it is not the leader
//! any more: the attempt is stored in the status, on top of the version that was read, before its pod is created, and the
//! pod's name follows from the attempt. So whoever creates it again finds it there already.

mod attempts;
mod create;
mod each_node;
mod fitting;
mod index;
mod index_runs;
mod measured;
mod name;
mod node;
mod pace;
mod plan;
mod planner;
mod pod;
#[cfg(test)]
mod simulation;
mod strays;
#[cfg(test)]
mod tests;
mod tracker;

pub use attempts::Attempts;
pub use create::Create;
pub use each_node::{AssignedNodes, NodesSeen, UnfitNodes, assign};
pub use fitting::{FittingNodes, Misfit, fits, fitting};
pub use index::LOST_AFTER;
pub use measured::Measured;
pub use name::{Identity, pod_name};
#[cfg(test)]
pub(crate) use node::tests::nodes as known_nodes;
pub use node::{KnownNodes, NAME_FIELD, NodeFacts, Zone, ready};
pub use plan::{Delete, Observed, Plan, ServerPlace, Wanted, Why};
pub use planner::plan;
pub use pod::{ClientPod, End, client_pods};
pub use strays::{Suspect, is_on_its_own, suspect};
pub use tracker::Tracker;
