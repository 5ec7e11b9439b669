//! Runs that began under a version of the operator that made their pods in another way: their clients belonged to a Job. What it
//! made is left as it is, so that an upgrade interrupts nothing, until the session moves.

use crds::Run;

use crate::run::life::decided;
use crate::run::outcome::Outcome;
use crate::run::stage::RunStage;

/// How much of what a version before made stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adoption {
    /// Nothing of it.
    Nothing,
    /// All but the Job of the clients, which brings them to no end.
    WithoutClients,
    /// All of it: the pods of the Job are the session's clients.
    Whole,
}

/// What is known of a session that a version before may have run.
#[derive(Debug, Clone, Copy)]
pub struct Former<'a> {
    /// What is stored of the run that is asked for.
    pub run: Option<&'a Run>,
    /// Whether what is stored is about the spec as it is now.
    pub is_current: bool,
    /// Names what is asked for now.
    pub asked: &'a str,
    /// What the run needs.
    pub stage: RunStage,
    /// Whether its server is there, as somebody made it.
    pub has_server: bool,
    /// Whether its clients are there by a Job that does what it is for.
    pub has_clients: bool,
}

impl Adoption {
    /// What of a session stays as it is.
    pub fn of(former: &Former<'_>) -> Self {
        let Some(run) = former.run.filter(|_| former.stage == RunStage::Active) else { return Self::Nothing };
        let is_adopted = match &run.adopted {
            Some(asked) => asked == former.asked,
            // Versions with Jobs did not store when a run began; whatever moved has that since.
            None => {
                run.started_at.is_none() && former.is_current && (former.has_server || former.has_clients)
            }
        };
        let is_given_up = decided(run).is_some_and(Outcome::is_failure);
        match is_adopted {
            false => Self::Nothing,
            // Its last numbers are its server's.
            true if is_given_up || !former.has_clients => Self::WithoutClients,
            true => Self::Whole,
        }
    }

    /// Whether anything of it stays.
    pub fn is_any(self) -> bool {
        self != Self::Nothing
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(run: &Value, change: impl FnOnce(&mut Former<'_>)) -> Adoption {
        let run: Run = serde_json::from_value(run.clone()).unwrap();
        let mut former = Former {
            run: Some(&run),
            is_current: true,
            asked: "a",
            stage: RunStage::Active,
            has_server: true,
            has_clients: true,
        };
        change(&mut former);
        Adoption::of(&former)
    }

    #[test]
    fn a_run_of_a_version_before_goes_on_as_it_is() {
        let run = json!({"hash": "h"});
        assert_eq!(of(&run, |_| ()), Adoption::Whole);
        assert_eq!(of(&run, |former| former.has_clients = false), Adoption::WithoutClients);
        let none = |former: &mut Former<'_>| (former.has_server, former.has_clients) = (false, false);
        assert_eq!(of(&run, none), Adoption::Nothing, "there is nothing to be left");
        assert_eq!(of(&run, |former| former.is_current = false), Adoption::Nothing, "of which spec?");
        assert_eq!(of(&run, |former| former.run = None), Adoption::Nothing, "another run");
        for stage in [RunStage::Suspended, RunStage::Finished] {
            assert_eq!(of(&run, |former| former.stage = stage), Adoption::Nothing, "{stage:?}");
        }
    }

    #[test]
    fn what_was_adopted_stays_so_until_something_else_is_asked_for() {
        let run = json!({"hash": "h", "startedAt": "2026-01-01T00:00:00Z", "adopted": "a"});
        assert_eq!(of(&run, |former| former.is_current = false), Adoption::Whole);
        assert_eq!(of(&run, |former| former.asked = "b"), Adoption::Nothing);
        assert_eq!(of(&run, |former| former.has_clients = false), Adoption::WithoutClients);
        let moved = json!({"hash": "h", "startedAt": "2026-01-01T00:00:00Z"});
        assert_eq!(of(&moved, |_| ()), Adoption::Nothing, "it has moved, or never had to");
    }

    #[test]
    fn of_a_run_that_was_given_up_nobody_is_wanted() {
        let of_outcome =
            |outcome: &str| of(&json!({"hash": "h", "adopted": "a", "outcome": outcome}), |_| ());
        assert_eq!(of_outcome("StartDeadlineExceeded"), Adoption::WithoutClients);
        assert_eq!(of_outcome("Finished"), Adoption::Whole);
    }
}
