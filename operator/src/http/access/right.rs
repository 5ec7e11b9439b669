//! What somebody needs the right to, in the API server's terms and in words.

use std::fmt::{Display, Formatter, Result};

use k8s_openapi::api::authentication::v1::UserInfo;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReviewSpec,
};

const GROUP: &str = "ballsession.dev";
const RESOURCE: &str = "ballsessions";

/// A right that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::http) enum Right {
    /// To the operator's metrics, as others ask for it that guard theirs: roles for monitoring have it.
    ReadMetrics,
    /// To all sessions, or those of a namespace.
    ListSessions(Option<String>),
    /// To one session.
    GetSession {
        /// Where it is.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Right {
    /// The question whether `user` has it.
    pub(super) fn question(&self, user: &UserInfo) -> SubjectAccessReviewSpec {
        let mut question = SubjectAccessReviewSpec {
            user: user.username.clone(),
            uid: user.uid.clone(),
            groups: user.groups.clone(),
            extra: user.extra.clone(),
            ..SubjectAccessReviewSpec::default()
        };
        let of_sessions =
            |verb: &str, namespace: Option<&String>, name: Option<&String>| ResourceAttributes {
                group: Some(GROUP.into()),
                resource: Some(RESOURCE.into()),
                verb: Some(verb.into()),
                namespace: namespace.cloned(),
                name: name.cloned(),
                ..ResourceAttributes::default()
            };
        match self {
            Self::ReadMetrics => {
                question.non_resource_attributes =
                    Some(NonResourceAttributes { path: Some("/metrics".into()), verb: Some("get".into()) });
            }
            Self::ListSessions(namespace) => {
                question.resource_attributes = Some(of_sessions("list", namespace.as_ref(), None));
            }
            Self::GetSession { namespace, name } => {
                question.resource_attributes = Some(of_sessions("get", Some(namespace), Some(name)));
            }
        }
        question
    }
}

impl Display for Right {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::ReadMetrics => write!(formatter, "get the path /metrics"),
            Self::ListSessions(None) => write!(formatter, "list {RESOURCE}.{GROUP} in all namespaces"),
            Self::ListSessions(Some(namespace)) => {
                write!(formatter, "list {RESOURCE}.{GROUP} in the namespace {namespace}")
            }
            Self::GetSession { namespace, name } => {
                write!(formatter, "get {RESOURCE}.{GROUP} {name} in the namespace {namespace}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_right_is_asked_for_as_the_api_server_knows_it() {
        let user: UserInfo = serde_json::from_value(json!({
            "username": "system:serviceaccount:lighthouse:keeper", "uid": "u-1", "groups": ["g"], "extra": {"k": ["v"]}
        }))
        .unwrap();
        let asked = |attributes: serde_json::Value| {
            let mut question = json!({
                "user": "system:serviceaccount:lighthouse:keeper", "uid": "u-1", "groups": ["g"], "extra": {"k": ["v"]}
            });
            question.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
            question
        };
        let session = Right::GetSession { namespace: "lighthouse".into(), name: "harbor".into() };
        for (right, attributes, words) in [
            (
                Right::ReadMetrics,
                json!({"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}),
                "get the path /metrics",
            ),
            (
                Right::ListSessions(None),
                json!({"resourceAttributes": {"group": "ballsession.dev", "resource": "ballsessions", "verb": "list"}}),
                "list ballsessions.ballsession.dev in all namespaces",
            ),
            (
                Right::ListSessions(Some("lighthouse".into())),
                json!({"resourceAttributes": {"group": "ballsession.dev", "resource": "ballsessions", "verb": "list", "namespace": "lighthouse"}}),
                "list ballsessions.ballsession.dev in the namespace lighthouse",
            ),
            (
                session,
                json!({"resourceAttributes": {"group": "ballsession.dev", "resource": "ballsessions", "verb": "get", "namespace": "lighthouse", "name": "harbor"}}),
                "get ballsessions.ballsession.dev harbor in the namespace lighthouse",
            ),
        ] {
            assert_eq!(serde_json::to_value(right.question(&user)).unwrap(), asked(attributes));
            assert_eq!(right.to_string(), words);
        }
    }
}
