//! Loads the operator: the real program beside the API server that `KUBECONFIG` names, with sessions by the thousand of which
//! no pod runs.
//!
//! ```text
//! sessions --create--> API server --watch--> operator (process) --apply--> children, statuses
//!                         |  ^                    ^                              |
//!             pods -------'  '-- kubelet          '---- reporters (TLS) <-- tokens of the pods
//!                                                                 statuses <-----'
//! ```
//! The [`kubelet`] makes pods ready as soon as there are any, the [`reporters`] post in their name with tokens that are bound to
//! them, and [`statuses`] has when what is seen of it. The API server and its controllers share the machine with the operator:
//! how long they take for the same objects by themselves is measured as well ([`alone`]). A [`storm`] has sessions come and go.

mod alone;
mod arguments;
mod endpoint;
mod kubelet;
mod operator;
mod outcome;
mod post;
mod reporters;
mod run;
mod series;
mod stage;
mod statuses;
mod storm;
mod usage;
mod world;

pub use arguments::Arguments;
pub use run::run;
