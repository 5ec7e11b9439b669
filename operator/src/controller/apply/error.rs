//! What goes wrong between the operator and the children of a session.

use crate::api_error::describe;

/// Why a child is not as it shall be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its name belongs to something else, which is left alone.
    #[error(
        "{kind} {name} exists and does not belong to this session: delete it, or give the session another name"
    )]
    NameTaken {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
    },
    /// Not as the session asks for it: no use in trying again before the session changes.
    #[error("the API server refuses {kind} {name} as invalid: {message}")]
    Invalid {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words.
        message: String,
    },
    /// By a quota, an admission policy, or for a lack of rights.
    #[error("the API server forbids {kind} {name}: {message}")]
    Forbidden {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words.
        message: String,
    },
    /// Somebody else changed or replaced the child meanwhile.
    #[error("{kind} {name} changed meanwhile: {message}")]
    Conflict {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words.
        message: String,
    },
    /// Anything else.
    #[error("cannot {verb} {kind} {name}: {}", describe(.source))]
    Api {
        /// What was tried.
        verb: &'static str,
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
}

impl Error {
    /// Its class, for metrics and events.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NameTaken { .. } => "NameTaken",
            Self::Invalid { .. } => "ChildInvalid",
            Self::Forbidden { .. } => "ChildForbidden",
            Self::Conflict { .. } => "ChildConflict",
            Self::Api { .. } => "ApplyFailed",
        }
    }

    /// Sorts what the API server answered to `verb`.
    pub(super) fn of(verb: &'static str, kind: String, name: String, source: kube::Error) -> Self {
        match source {
            kube::Error::Api(status) if status.is_conflict() => {
                Self::Conflict { kind, name, message: status.message.clone() }
            }
            kube::Error::Api(status) if status.is_forbidden() => {
                Self::Forbidden { kind, name, message: status.message.clone() }
            }
            kube::Error::Api(status) if status.is_invalid() || status.code == 400 => {
                Self::Invalid { kind, name, message: status.message.clone() }
            }
            other => Self::Api { verb, kind, name, source: Box::new(other) },
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn answers_are_sorted_by_what_can_be_done_about_them() {
        let sorted = |code: u16, reason: &str| {
            let status = Status { code, reason: reason.into(), message: "why".into(), ..Status::default() };
            Error::of("apply", "Job".into(), "harbor-client".into(), kube::Error::Api(Box::new(status)))
        };
        for (code, reason, label) in [
            (409, "Conflict", "ChildConflict"),
            (403, "Forbidden", "ChildForbidden"),
            (422, "Invalid", "ChildInvalid"),
            (400, "BadRequest", "ChildInvalid"),
            (500, "InternalError", "ApplyFailed"),
        ] {
            assert_eq!(sorted(code, reason).label(), label);
        }
        assert_eq!(sorted(403, "Forbidden").to_string(), "the API server forbids Job harbor-client: why");
    }
}
