//! Conditions of a session that are about the spec as it stands.

use crds::BallSession;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The condition of a type, whichever spec it is about.
pub(super) fn any<'a>(session: &'a BallSession, kind: &str) -> Option<&'a Condition> {
    session.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == kind)
}

/// The condition of a type, if it is about the spec as it stands.
pub(crate) fn current<'a>(session: &'a BallSession, kind: &str) -> Option<&'a Condition> {
    any(session, kind).filter(|condition| condition.observed_generation == session.metadata.generation)
}
