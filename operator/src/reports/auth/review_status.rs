//! Whose a token is, by the answer to its review.

use crds::contract::REPORT_AUDIENCE;
use k8s_openapi::api::authentication::v1::TokenReviewStatus;

use crate::reports::auth::identity::Identity;
use crate::reports::stores::PodKey;

const POD_NAME: &str = "authentication.kubernetes.io/pod-name";
const POD_UID: &str = "authentication.kubernetes.io/pod-uid";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Why an answer names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReviewError {
    #[error("the API server does not accept the token")]
    NotAuthenticated,
    #[error("the API server does not accept the token for the audience {REPORT_AUDIENCE}")]
    Audience,
    #[error("the token is not that of a service account")]
    NoServiceAccount,
    #[error("the token is not bound to exactly one pod")]
    NoPod,
}

/// Reads the answer to a TokenReview for our audience.
pub(super) fn read(review: &TokenReviewStatus) -> Result<Identity, ReviewError> {
    if review.authenticated != Some(true) {
        return Err(ReviewError::NotAuthenticated);
    }
    // An authenticator that knows nothing of audiences answers without any: that proves nothing.
    if !review.audiences.iter().flatten().any(|audience| audience == REPORT_AUDIENCE) {
        return Err(ReviewError::Audience);
    }
    let user = review.user.as_ref().ok_or(ReviewError::NoServiceAccount)?;
    let account = user.username.as_deref().and_then(|name| name.strip_prefix(SERVICE_ACCOUNT));
    let (namespace, service_account) =
        account.and_then(|account| account.split_once(':')).ok_or(ReviewError::NoServiceAccount)?;
    let extra = |key| match user.extra.as_ref()?.get(key)?.as_slice() {
        [value] => Some(value.clone()),
        _ => None,
    };
    let name = extra(POD_NAME).ok_or(ReviewError::NoPod)?;
    let uid = extra(POD_UID).ok_or(ReviewError::NoPod)?;
    let pod = PodKey { namespace: namespace.to_owned(), name, uid };
    Ok(Identity { service_account: service_account.to_owned(), pod })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read_changed(change: impl FnOnce(&mut Value)) -> Result<Identity, ReviewError> {
        let mut review = json!({
            "authenticated": true, "audiences": [REPORT_AUDIENCE],
            "user": {
                "username": "system:serviceaccount:lighthouse:harbor-workload",
                "extra": {POD_NAME: ["harbor-client-0-x"], POD_UID: ["7c1e"]}
            }
        });
        change(&mut review);
        read(&serde_json::from_value(review).unwrap())
    }

    #[test]
    fn an_accepted_token_names_account_and_pod() {
        let identity = read_changed(|_| ()).unwrap();
        assert_eq!(identity.service_account, "harbor-workload");
        assert_eq!(identity.pod.namespace, "lighthouse");
        assert_eq!((identity.pod.name.as_str(), identity.pod.uid.as_str()), ("harbor-client-0-x", "7c1e"));
    }

    #[test]
    fn whatever_is_missing_is_a_refusal() {
        let refused = |path: &'static str, value: Value| {
            read_changed(|review| *review.pointer_mut(path).unwrap() = value).unwrap_err()
        };
        assert_eq!(refused("/authenticated", json!(false)), ReviewError::NotAuthenticated);
        assert_eq!(refused("/authenticated", json!(null)), ReviewError::NotAuthenticated);
        assert_eq!(refused("/audiences", json!([])), ReviewError::Audience);
        assert_eq!(refused("/audiences", json!(["https://kubernetes.default.svc"])), ReviewError::Audience);
        assert_eq!(refused("/user", json!(null)), ReviewError::NoServiceAccount);
        for name in ["system:node:a", "system:serviceaccount:lighthouse", "kubernetes-admin"] {
            assert_eq!(refused("/user/username", json!(name)), ReviewError::NoServiceAccount);
        }
        for extra in [
            json!({}),
            json!({POD_NAME: ["a"]}),
            json!({POD_NAME: ["a"], POD_UID: []}),
            json!({POD_NAME: ["a"], POD_UID: ["1", "2"]}),
        ] {
            assert_eq!(refused("/user/extra", extra), ReviewError::NoPod);
        }
    }
}
