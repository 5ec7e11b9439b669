//! How a bounded run ended.

/// How a bounded run ended: the reason of the condition Complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Each client measured for as long as it was to.
    Finished,
    /// Not every client had media in time.
    StartDeadlineExceeded,
    /// Not every client was done in time.
    Failed,
    /// The same, as versions said it that counted the time before the first frame as well. Only ever read.
    DeadlineExceeded,
}

impl Outcome {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "Finished",
            Self::StartDeadlineExceeded => "StartDeadlineExceeded",
            Self::Failed => "Failed",
            Self::DeadlineExceeded => "DeadlineExceeded",
        }
    }

    /// The outcome of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Finished, Self::StartDeadlineExceeded, Self::Failed, Self::DeadlineExceeded];
        all.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// Whether the run did not measure what it was to. Nothing takes that back.
    pub fn is_failure(self) -> bool {
        self != Self::Finished
    }
}
