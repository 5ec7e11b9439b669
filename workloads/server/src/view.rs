//! The numbers of one moment, the same for whoever asks.

use std::time::Instant;

use measure::verdict::Verdict;
use measure::{Histograms, Presence};
use report::Summary;
use report::judged::JudgedSession;

/// All that is shown, posted and written of one moment. Each has a number of its own, which is in the summary.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) at: Instant,
    pub(crate) presence: Presence,
    /// With its number, and with `verdict`.
    pub(crate) summary: Summary,
    /// On `judged`, where something is asked for.
    pub(crate) verdict: Option<Verdict>,
    /// What the summary's quantiles are made of.
    pub(crate) histograms: Histograms,
    /// Of the window, or of the whole run once it is over.
    pub(crate) judged: JudgedSession,
    /// Whether the run is over.
    pub(crate) is_final: bool,
}
