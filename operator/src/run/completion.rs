//! Whether a bounded run is over.

use crds::contract::COMPLETE;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::find;
use crate::run::clients_end::ClientsEnd;
use crate::run::stage::RunStage;

/// The reason of the condition Complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The run has no end.
    Unbounded,
    /// It has not come yet.
    Running,
    /// Each client measured for as long as it was to.
    Finished,
    /// Not all of them in time.
    DeadlineExceeded,
}

impl Completion {
    /// Its name in the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unbounded => "Unbounded",
            Self::Running => "Running",
            Self::Finished => "Finished",
            Self::DeadlineExceeded => "DeadlineExceeded",
        }
    }

    /// Whether the run is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::DeadlineExceeded)
    }

    /// The message of the condition.
    pub fn message(self, duration: Option<&str>) -> String {
        let duration = duration.unwrap_or("its time");
        match self {
            Self::Unbounded => "no duration is set: the session runs until it is deleted".to_owned(),
            Self::Running => format!("each client measures for {duration}"),
            Self::Finished => format!("each client measured for {duration}"),
            Self::DeadlineExceeded => {
                format!("not every client measured for {duration} within 2 more minutes")
            }
        }
    }
}

/// How far a run is by the end of its clients, whatever reports are still to come.
pub fn completion(
    stage: RunStage,
    is_bounded: bool,
    clients: Option<ClientsEnd>,
    stored: &[Condition],
) -> Completion {
    match (stage, clients) {
        (RunStage::Finished, _) => stored_reason(stored),
        _ if !is_bounded => Completion::Unbounded,
        (_, Some(ClientsEnd::Finished)) => Completion::Finished,
        (_, Some(ClientsEnd::DeadlineExceeded)) => Completion::DeadlineExceeded,
        (_, None) => Completion::Running,
    }
}

/// Once it is over nothing but status has the reason.
fn stored_reason(stored: &[Condition]) -> Completion {
    match find(stored, COMPLETE) {
        Some(complete) if complete.reason == Completion::DeadlineExceeded.as_str() => {
            Completion::DeadlineExceeded
        }
        _ => Completion::Finished,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::conditions::condition;

    #[test]
    fn a_bounded_run_ends_with_its_clients() {
        let of_active = |is_bounded, clients| completion(RunStage::Active, is_bounded, clients, &[]);
        assert_eq!(of_active(true, None), Completion::Running);
        assert_eq!(of_active(true, Some(ClientsEnd::Finished)), Completion::Finished);
        assert_eq!(of_active(true, Some(ClientsEnd::DeadlineExceeded)), Completion::DeadlineExceeded);
        assert_eq!(of_active(false, Some(ClientsEnd::Finished)), Completion::Unbounded);
    }

    #[test]
    fn a_finished_run_keeps_its_reason() {
        for reason in [Completion::Finished, Completion::DeadlineExceeded] {
            let stored = condition(COMPLETE, true, reason.as_str(), "", None, &[], Timestamp::UNIX_EPOCH);
            assert_eq!(completion(RunStage::Finished, true, None, &[stored]), reason);
        }
    }
}
