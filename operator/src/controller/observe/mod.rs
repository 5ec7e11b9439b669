//! From what was applied, the pods and the reports to the controller's part of the status. Pure: the time is given.

mod awaited;
mod bypassed;
mod complete;
mod compute;
mod containers;
mod drilled;
mod failed_attempt;
mod failed_attempts;
mod input;
#[cfg(test)]
mod kstatus;
mod nearly_done;
mod nodes;
mod overdue;
mod owned;
mod placement;
mod pods;
mod ready;
mod reason;
mod refused;
mod slow_pods;
mod stages;
mod stalled;
#[cfg(test)]
mod tests;
mod unrunnable;

pub(super) use compute::observe;
pub(super) use failed_attempts::FailedAttempts;
pub(super) use input::{Clock, Input};
pub(super) use owned::Owned;
pub(super) use placement::PlacementState;
pub(super) use pods::ObservedPods;
pub(super) use reason::{Explanation, Reason};
pub(super) use refused::refused;
pub(super) use slow_pods::slow_pods;
pub(super) use stalled::Trouble;
pub(super) use unrunnable::unrunnable;
