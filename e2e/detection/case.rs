//! A case: a fault, the sessions that it befalls, and what has to come of it for each of them.

use serde_json::Value;

use crate::expected::Expected;
use crate::fault::Fault;

/// When the fault is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Before the session is created.
    Before,
    /// Once the session works.
    Running,
}

/// One session, and so one row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// What is special about this session; empty where the case has no other.
    pub(crate) label: &'static str,
    /// Its spec. Words in braces stand for the names of nodes.
    pub(crate) spec: Value,
    /// When the fault is there.
    pub(crate) when: When,
    /// What has to come of it.
    pub(crate) expected: Expected,
}

/// A fault and its sessions.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The fault in words; no two cases have the same.
    pub(crate) name: &'static str,
    /// What is done.
    pub(crate) fault: Fault,
    /// The least seconds for which it lasts.
    pub(crate) lasts: u64,
    /// To whom.
    pub(crate) subjects: Vec<Subject>,
    /// Whether others would be disturbed.
    pub(crate) is_alone: bool,
}

impl Case {
    /// One session in a namespace of its own, beside those of other cases.
    pub(crate) fn new(name: &'static str, fault: Fault, when: When, spec: Value, expected: Expected) -> Self {
        let subject = Subject { label: "", spec, when, expected };
        Self { name, fault, lasts: 0, subjects: vec![subject], is_alone: false }
    }

    /// Another session that the same fault befalls.
    pub(crate) fn and(mut self, subject: Subject) -> Self {
        self.subjects.push(subject);
        self
    }

    /// What is special about its first session.
    pub(crate) fn of(mut self, label: &'static str) -> Self {
        if let Some(first) = self.subjects.first_mut() {
            first.label = label;
        }
        self
    }

    /// With nobody beside it.
    pub(crate) fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }

    /// It lasts so many seconds at least.
    pub(crate) fn lasting(self, seconds: u64) -> Self {
        Self { lasts: seconds, ..self }
    }

    /// The name of a subject's row.
    pub(crate) fn row_name(&self, subject: &Subject) -> String {
        match subject.label {
            "" => self.name.to_owned(),
            label => format!("{}: {label}", self.name),
        }
    }
}
