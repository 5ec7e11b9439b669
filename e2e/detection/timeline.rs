//! What a session said of itself, and when. Pure: moments are seconds, since the fault began or since another moment.

/// One condition at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// True, False or Unknown.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: String,
    /// In words.
    pub(crate) message: String,
}

impl Seen {
    /// Whether all is well.
    pub(crate) fn is_true(&self) -> bool {
        self.status == "True"
    }
}

/// A condition in the course of time: each entry differs from the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Course {
    entries: Vec<(f64, Seen)>,
}

impl Course {
    /// Adds what was seen at a moment, if it is something else.
    pub(crate) fn add(&mut self, at: f64, seen: Seen) {
        if self.entries.last().is_none_or(|(_, last)| *last != seen) {
            self.entries.push((at, seen));
        }
    }

    /// What held at some time from the beginning of the fault until `end`.
    pub(crate) fn until(&self, end: f64) -> impl Iterator<Item = (f64, &Seen)> {
        let before = self.entries.iter().rposition(|(at, _)| *at <= 0.0).unwrap_or(0);
        let entries = self.entries.get(before..).unwrap_or_default();
        entries.iter().take_while(move |(at, _)| *at <= end).map(|(at, seen)| (*at, seen))
    }

    /// The same to the end of the observation.
    pub(crate) fn since_begin(&self) -> impl Iterator<Item = (f64, &Seen)> {
        self.until(f64::INFINITY)
    }

    fn shifted(&self, by: f64) -> Self {
        Self { entries: self.entries.iter().map(|(at, seen)| (at + by, seen.clone())).collect() }
    }

    /// When it became True for the last time, if it still is: 0 where it was from the beginning.
    pub(crate) fn true_since(&self) -> Option<f64> {
        let lasting = self.entries.iter().rev().take_while(|(_, seen)| seen.is_true());
        lasting.last().map(|(at, _)| at.max(0.0))
    }
}

/// All that was observed of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Timeline {
    /// The condition Ready.
    pub(crate) ready: Course,
    /// The condition ObjectivesMet.
    pub(crate) met: Course,
    /// What contradicted itself in one and the same object.
    pub(crate) contradictions: Vec<String>,
    /// When the cluster itself took a lost node for lost.
    pub(crate) node_lost: Option<f64>,
}

impl Timeline {
    /// The same, with moments that are so many seconds later.
    pub(crate) fn shifted(&self, by: f64) -> Self {
        Self {
            ready: self.ready.shifted(by),
            met: self.met.shifted(by),
            contradictions: self.contradictions.clone(),
            node_lost: self.node_lost.map(|at| at + by),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A condition with this status and reason; the message names them too.
    pub(crate) fn seen(status: &str, reason: &str, message: &str) -> Seen {
        Seen { status: status.into(), reason: reason.into(), message: message.into() }
    }

    /// A course of statuses and reasons.
    pub(crate) fn course(entries: &[(f64, &str, &str, &str)]) -> Course {
        let mut course = Course::default();
        for (at, status, reason, message) in entries {
            course.add(*at, seen(status, reason, message));
        }
        course
    }

    #[test]
    fn what_held_when_the_fault_began_counts() {
        let course = course(&[
            (-9.0, "False", "WaitingForClients", ""),
            (-3.0, "True", "Ready", ""),
            (-2.0, "True", "Ready", ""),
            (4.0, "False", "ClientsLost", ""),
            (9.0, "True", "Ready", "again"),
            (11.0, "True", "Ready", "and more"),
        ]);
        let reasons = |end| course.until(end).map(|(_, seen)| seen.reason.clone()).collect::<Vec<_>>();
        assert_eq!(reasons(4.0), ["Ready", "ClientsLost"]);
        assert_eq!(reasons(3.0), ["Ready"]);
        assert_eq!(course.true_since(), Some(9.0));
    }

    #[test]
    fn what_was_true_throughout_is_so_from_the_beginning() {
        assert_eq!(course(&[(-3.0, "True", "Ready", "")]).true_since(), Some(0.0));
        assert_eq!(
            course(&[(-3.0, "True", "Ready", ""), (1.0, "False", "NoReports", "")]).true_since(),
            None
        );
        assert_eq!(Course::default().true_since(), None);
    }
}
