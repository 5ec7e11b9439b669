//! The life of a run, from what is stored of it and what was observed. Pure: no I/O, and time is an argument.
//!
//! | a run | is known by | needs |
//! |---|---|---|
//! | begins | `status.run`, which names another one ([`is_stored_run`]) | the numbers of others out of the status |
//! | goes on | [`RunStage::Active`] or [`RunStage::Suspended`], [`Completion::Running`] or [`Completion::Unbounded`] | nothing |
//! | ends | its Job ([`job_end`]), first [observed](ObservedEnd) a while ago | its [last numbers](RunEnd) in the status ([`Request::Finish`]) |
//! | goes on after all | a Job that was created anew meanwhile | its end taken back ([`Request::Continue`]) |
//! | is finished | the condition Complete, for this run ([`RunStage::Finished`]) | nothing: numbers and reason stay as they are |

mod completion;
mod job_end;
mod observed_end;
mod progress;
mod run_end;
mod stage;

pub use completion::{Completion, completion};
pub use job_end::{JobEnd, job_end};
pub use observed_end::{ObservedEnd, Request};
pub use progress::Progress;
pub use run_end::{NewestReport, RunEnd};
pub use stage::{RunStage, is_stored_run, stage};
