//! The life of a run, from what is stored of it and what was observed. Pure: no I/O, and time is an argument.
//!
//! | a run | is known by | needs |
//! |---|---|---|
//! | begins | `status.run`, which names another one ([`is_stored_run`]) | the numbers of others out of the status |
//! | goes on | [`RunStage::Active`] or [`RunStage::Suspended`], [`Completion::Running`] or [`Completion::Unbounded`] | nothing |
//! | ends | its clients ([`clients_end`]), first [observed](ObservedEnd) a while ago | its [last numbers](RunEnd) in the status ([`Request::Finish`]) |
//! | goes on after all | clients that were asked for meanwhile | its end taken back ([`Request::Continue`]) |
//! | is finished | the condition Complete, for this run ([`RunStage::Finished`]) | nothing: numbers and reason stay as they are |

mod clients_end;
mod completion;
mod observed_end;
mod progress;
mod run_end;
mod stage;

pub use clients_end::{ClientsEnd, clients_end};
pub use completion::{Completion, completion};
pub use observed_end::{ObservedEnd, Request};
pub use progress::Progress;
pub use run_end::{NewestReport, RunEnd};
pub use stage::{RunStage, is_stored_run, stage};
