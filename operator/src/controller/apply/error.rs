//! What goes wrong between the operator and the children of a session.

use crate::api_error::{describe, is_namespace_ending};
use crate::controller::apply::contests::ANOTHER_OPERATOR;
use crate::controller::observe::{Explanation, Reason};

/// Why a child is not as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// Its values make no sense: no use in trying again before the session changes.
    #[error("the API server refuses {kind} {name} as invalid: {message}")]
    Invalid {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words.
        message: String,
    },
    /// A pod that a quota, Pod Security or rights forbid.
    #[error("the API server does not create {kind} {name}: {message}")]
    PodForbidden {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words.
        message: String,
    },
    /// For any other reason: a webhook or policy, a quota, rights, no address left, or the API server fails.
    #[error("the API server does not {verb} {kind} {name}: {message}")]
    Refused {
        /// What was asked for.
        verb: &'static str,
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// The API server's own words, or why there are none.
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
    /// Somebody else wants something else of it.
    #[error(
        "{by} changes {kind} {name} back each time: it is tried again with growing pauses, up to a minute"
    )]
    Contested {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
        /// Who changed it last.
        by: String,
    },
    /// The namespace is being deleted, and with it the session: nothing is made there any more, as it should be.
    #[error("{kind} {name} is not made: its namespace is being deleted")]
    NamespaceEnds {
        /// Of the child.
        kind: String,
        /// Of the child.
        name: String,
    },
}

impl Error {
    /// Its class, for metrics and events.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NameTaken { .. } => "NameTaken",
            Self::Invalid { .. } => "ChildInvalid",
            Self::PodForbidden { .. } => "PodsForbidden",
            Self::Refused { .. } => "ApplyFailed",
            Self::Conflict { .. } => "ChildConflict",
            Self::Contested { .. } => "ChildContested",
            Self::NamespaceEnds { .. } => "NamespaceEnds",
        }
    }

    /// What it says about the session itself, where trying again at once is not all there is to it.
    pub(in crate::controller) fn explanation(&self) -> Option<Explanation> {
        let reason = match self {
            Self::NameTaken { .. } => Reason::NameTaken,
            Self::Invalid { .. } => Reason::InvalidSpec,
            Self::PodForbidden { .. } => Reason::PodsForbidden,
            Self::Refused { .. } | Self::Contested { .. } => Reason::ApplyFailed,
            Self::Conflict { .. } | Self::NamespaceEnds { .. } => return None,
        };
        Some(reason.with_message(self.to_string()))
    }

    /// Whether there may be room for the child once another pod is gone.
    pub(in crate::controller) fn is_about_room(&self) -> bool {
        matches!(self, Self::PodForbidden { .. })
    }

    /// Whether another operator makes the same session's children of something else.
    pub(in crate::controller) fn is_about_another_operator(&self) -> bool {
        matches!(self, Self::Contested { by, .. } if by == ANOTHER_OPERATOR)
    }

    /// Sorts what the API server answered to `verb`.
    pub(in crate::controller) fn of(
        verb: &'static str,
        kind: String,
        name: String,
        source: &kube::Error,
    ) -> Self {
        let message = briefly(describe(source), &name);
        match source {
            _ if is_namespace_ending(source) => Self::NamespaceEnds { kind, name },
            kube::Error::Api(status) if status.is_conflict() => {
                Self::Conflict { kind, name, message: status.message.clone() }
            }
            kube::Error::Api(status) if is_about_values(status) => {
                Self::Invalid { kind, name, message: status.message.clone() }
            }
            kube::Error::Api(status)
                if status.is_forbidden() && (verb, kind.as_str()) == ("create", "Pod") =>
            {
                Self::PodForbidden { kind, name, message }
            }
            _ => Self::Refused { verb, kind, name, message },
        }
    }
}

/// The API server's words without the name that is said already, and without a policy's binding that is called as the policy: of a
/// condition's message little would be left for why.
fn briefly(message: String, name: &str) -> String {
    let repeated = format!("\"{name}\" is forbidden: ");
    let message = match message.split_once(&repeated) {
        Some((plural, why)) if !plural.trim_end().contains(' ') => why.to_owned(),
        _ => message,
    };
    let Some((policy, rest)) = message.split_once("' with binding '") else { return message };
    match (policy.rsplit_once('\''), rest.split_once("' denied request: ")) {
        (Some((_, policy_name)), Some((binding, why))) if policy_name == binding => {
            format!("{policy}': {why}")
        }
        _ => message,
    }
}

/// Whether the values themselves are refused, which come from the session. Policies and webhooks answer with the same
/// codes, but name no field, and what they want is not the schema's.
fn is_about_values(status: &kube::core::Status) -> bool {
    if status.message.starts_with("admission webhook") || status.message.contains("ValidatingAdmissionPolicy")
    {
        return false;
    }
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 400 || (status.is_invalid() && causes.into_iter().any(|cause| !cause.field.is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sorted(status: &Value) -> Error {
        let status = serde_json::from_value(status.clone()).unwrap();
        Error::of("apply", "Job".into(), "harbor-client".into(), &kube::Error::Api(Box::new(status)))
    }

    #[test]
    fn answers_are_sorted_by_what_can_be_done_about_them() {
        let field =
            json!({"causes": [{"reason": "FieldValueInvalid", "message": "m", "field": "spec.template"}]});
        let policy = json!({"causes": [{"message": "ValidatingAdmissionPolicy 'p' denied request: no"}]});
        let ending = json!({"causes": [{"reason": "NamespaceTerminating", "message": "m", "field": "metadata.namespace"}]});
        for (code, reason, message, details, label) in [
            (409, "Conflict", "why", json!({}), "ChildConflict"),
            (403, "Forbidden", "why", json!({}), "ApplyFailed"),
            (403, "Forbidden", "is being terminated", ending, "NamespaceEnds"),
            (404, "NotFound", "namespaces \"pier\" not found", json!({}), "NamespaceEnds"),
            (422, "Invalid", "Job.batch is invalid", field.clone(), "ChildInvalid"),
            (
                422,
                "Invalid",
                "jobs.batch is forbidden: ValidatingAdmissionPolicy 'p' denied request: no",
                policy,
                "ApplyFailed",
            ),
            (422, "Invalid", "admission webhook \"w\" denied the request: no", field, "ApplyFailed"),
            (400, "BadRequest", "why", json!({}), "ChildInvalid"),
            (400, "BadRequest", "admission webhook \"w\" denied the request: no", json!({}), "ApplyFailed"),
            (500, "InternalError", "failed calling webhook", json!({}), "ApplyFailed"),
        ] {
            let status = json!({"code": code, "reason": reason, "message": message, "details": details});
            assert_eq!(sorted(&status).label(), label, "{status}");
        }
    }

    #[test]
    fn a_pod_that_is_forbidden_is_no_child_that_fails() {
        let status = json!({"code": 403, "reason": "Forbidden", "message": "exceeded quota: tight"});
        let source = kube::Error::Api(Box::new(serde_json::from_value(status).unwrap()));
        let of = |verb, kind: &str| Error::of(verb, kind.into(), "harbor-client-0".into(), &source);
        let message =
            "the API server does not create Pod harbor-client-0: exceeded quota: tight (403 Forbidden)";
        assert_eq!(of("create", "Pod").explanation(), Some(Reason::PodsForbidden.with_message(message)));
        assert_eq!([of("delete", "Pod").label(), of("apply", "Service").label()], ["ApplyFailed"; 2]);
    }

    #[test]
    fn a_policy_is_quoted_with_its_reason_first() {
        for (said, quoted) in [
            (
                "pods \"p-0\" is forbidden: ValidatingAdmissionPolicy 'o' with binding 'o' denied request: no Secret",
                "ValidatingAdmissionPolicy 'o': no Secret",
            ),
            (
                "pods \"p-0\" is forbidden: ValidatingAdmissionPolicy 'o' with binding 'b' denied request: no",
                "ValidatingAdmissionPolicy 'o' with binding 'b' denied request: no",
            ),
            ("pods \"p-0\" is forbidden: exceeded quota: tight", "exceeded quota: tight"),
            ("pods \"other\" is forbidden: exceeded quota", "pods \"other\" is forbidden: exceeded quota"),
            (
                "admission webhook denied pods \"p-0\" is forbidden: a",
                "admission webhook denied pods \"p-0\" is forbidden: a",
            ),
        ] {
            assert_eq!(briefly(said.to_owned(), "p-0"), quoted);
        }
    }

    #[test]
    fn the_api_servers_words_are_quoted() {
        let status = json!({"code": 500, "reason": "InternalError", "message": "no service IPs left"});
        let error = sorted(&status);
        let expected =
            "the API server does not apply Job harbor-client: no service IPs left (500 InternalError)";
        assert_eq!(error.explanation(), Some(Reason::ApplyFailed.with_message(expected)));
        assert_eq!(sorted(&json!({"code": 409, "reason": "Conflict"})).explanation(), None);
    }
}
