//! The life of a run, from what is stored of it and what was observed. Pure: no I/O, and time is an argument.
//!
//! | a run | is known by | needs |
//! |---|---|---|
//! | begins | `status.run`, which names another one ([`is_stored_run`]) | its predecessor in the [history](history()), then the numbers of others out of the status |
//! | [starts](Phase::Starting) | clients that have not had media | images, and [pod templates](part_templates), that [stay](run_images) |
//! | [measures](Phase::Measuring) | clients that are not done | nothing |
//! | is [drilled](drill()) | clients that stream, for as long as is asked for | that this is stored, and then another server |
//! | [ends](Phase::Ending) | clients that are [done](ObservedClients::are_finished), or a deadline that has [passed](advance) | its [last numbers](RunEnd) in the status ([`Request::Finish`]) |
//! | goes on after all | more clients that are asked for meanwhile | its end taken back ([`Request::Continue`]) |
//! | goes on from a version before | pods that were made in another way | that these [stay as they are](Adoption) |
//! | is [over](Phase::Over) | the condition [Complete](Completion), for this run ([`RunStage::Finished`]) | nothing: all of it stays as it is, until it [expires](expires_in()) |

mod adoption;
mod clients;
mod clock;
mod completion;
mod drill;
mod expiry;
mod history;
mod images;
mod life;
mod observed_end;
mod outcome;
mod pod_templates;
mod progress;
mod rollout;
mod run_end;
mod stage;
#[cfg(test)]
mod upgrade_simulation;
mod wanted;

pub use adoption::{Adoption, Former};
pub use clients::ObservedClients;
pub use clock::elapsed;
pub use completion::{Completion, Terms};
pub use drill::{Drill, DrillFacts, DrillStep, Drilled, drill};
pub use expiry::expires_in;
pub use history::{history, is_archived};
pub use images::{default_images, run_images, with_images};
pub use life::{Advanced, Facts, Limits, Phase, advance, decided, over};
pub use observed_end::{End, ObservedEnd, Request};
pub use outcome::Outcome;
pub use pod_templates::{PartFacts, has_turn, is_outdated, moved, part_templates};
pub use progress::Progress;
pub use rollout::{Move, Rollout};
pub use run_end::{LastReport, NewestReport, RunEnd};
pub use stage::{RunStage, is_stored_run, stage, stored_run};
pub use wanted::WantedClients;
