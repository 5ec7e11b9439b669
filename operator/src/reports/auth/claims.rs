//! What a token claims (RFC 7519, and `kubernetes.io`'s private claims). Who signed it is another question: this one costs
//! less, and comes first.

use crds::contract::REPORT_AUDIENCE;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::reports::auth::identity::Identity;
use crate::reports::stores::PodKey;

/// How far the clock here may be off from that of the API server that made the token. A new one is used within a second, so
/// without this a clock that is behind would refuse it. It is as much as API servers themselves allow.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// What matters of a token's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// Whose it is: the pod that it is bound to.
    pub(super) identity: Identity,
    /// When it ends.
    pub(super) expires: Timestamp,
}

/// Why claims are not those of a pod that reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClaimsError {
    #[error("not a token of a service account that is bound to a pod")]
    Form,
    #[error("the token is not for the audience {REPORT_AUDIENCE}")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error(
        "the token is not valid yet: the operator's clock is behind that of the API server by more than a minute"
    )]
    NotYet,
}

#[derive(Deserialize)]
struct Payload {
    aud: Audiences,
    exp: i64,
    nbf: Option<i64>,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Kubernetes {
    namespace: String,
    pod: Bound,
    serviceaccount: Account,
}

#[derive(Deserialize)]
struct Bound {
    name: String,
    uid: String,
}

#[derive(Deserialize)]
struct Account {
    name: String,
}

/// Reads the claims of a token of which `payload` is the JSON.
pub(super) fn read(payload: &[u8], now: Timestamp) -> Result<Claims, ClaimsError> {
    let payload: Payload = serde_json::from_slice(payload).map_err(|_| ClaimsError::Form)?;
    let is_ours = match &payload.aud {
        Audiences::One(audience) => audience == REPORT_AUDIENCE,
        Audiences::Many(audiences) => audiences.iter().any(|audience| audience == REPORT_AUDIENCE),
    };
    if !is_ours {
        return Err(ClaimsError::Audience);
    }
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| ClaimsError::Form);
    let expires = time(payload.exp)?;
    if now.duration_since(expires) >= LEEWAY {
        return Err(ClaimsError::Expired);
    }
    if let Some(begins) = payload.nbf
        && time(begins)?.duration_since(now) > LEEWAY
    {
        return Err(ClaimsError::NotYet);
    }
    let Kubernetes { namespace, pod: Bound { name, uid }, serviceaccount } = payload.kubernetes;
    // These become parts of URLs: nothing but names gets through.
    if ![&namespace, &name, &uid].into_iter().all(|name| is_name(name)) {
        return Err(ClaimsError::Form);
    }
    let pod = PodKey { namespace, name, uid };
    Ok(Claims { identity: Identity { service_account: serviceaccount.name, pod }, expires })
}

/// Whether `text` can be the name or the UID of an object (a DNS subdomain, RFC 1123).
fn is_name(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=253).contains(&text.len())
        && text.bytes().all(|byte| alphanumeric(byte) || matches!(byte, b'-' | b'.'))
        && text.bytes().next().is_some_and(alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn read_payload(payload: &Value) -> Result<Claims, ClaimsError> {
        read(payload.to_string().as_bytes(), Timestamp::from_second(NOW).unwrap())
    }

    /// The claims of a token as an API server makes it, but for a change.
    fn payload(change: impl FnOnce(&mut Value)) -> Value {
        let mut payload = json!({
            "aud": [REPORT_AUDIENCE], "exp": NOW + 3600, "iat": NOW, "nbf": NOW, "iss": "https://kubernetes.default.svc",
            "jti": "3f0e", "sub": "system:serviceaccount:lighthouse:harbor-workload",
            "kubernetes.io": {"namespace": "lighthouse", "node": {"name": "worker-1", "uid": "4a2b"},
                              "pod": {"name": "harbor-client-0-x", "uid": "7c1e"},
                              "serviceaccount": {"name": "harbor-workload", "uid": "9d4f"}, "warnafter": NOW + 3607}
        });
        change(&mut payload);
        payload
    }

    #[test]
    fn a_bound_token_names_its_pod_and_account() {
        let claims = read_payload(&payload(|_| ())).unwrap();
        let (namespace, name, uid) = ("lighthouse".into(), "harbor-client-0-x".into(), "7c1e".into());
        assert_eq!(claims.identity.pod, PodKey { namespace, name, uid });
        assert_eq!(claims.identity.service_account, "harbor-workload");
        assert_eq!(claims.expires.as_second(), NOW + 3600);
        assert!(read_payload(&payload(|payload| payload["aud"] = json!(REPORT_AUDIENCE))).is_ok());
        assert!(
            read_payload(&payload(|payload| payload["iss"] = json!("https://elsewhere.example"))).is_ok()
        );
    }

    #[test]
    fn other_audiences_are_refused() {
        for audience in [json!("https://kubernetes.default.svc"), json!([]), json!(["ballsession.dev"])] {
            let refused = read_payload(&payload(|payload| payload["aud"] = audience));
            assert_eq!(refused, Err(ClaimsError::Audience));
        }
    }

    #[test]
    fn a_token_counts_in_its_time_and_a_minute_around_it() {
        let at = |claim: &'static str, time: i64| {
            read_payload(&payload(|payload| payload[claim] = json!(time))).map(|_| ())
        };
        assert_eq!((at("exp", NOW - 59), at("exp", NOW - 60)), (Ok(()), Err(ClaimsError::Expired)));
        assert_eq!((at("nbf", NOW + 60), at("nbf", NOW + 61)), (Ok(()), Err(ClaimsError::NotYet)));
        for time in [i64::MAX, i64::MIN] {
            assert_eq!((at("exp", time), at("nbf", time)), (Err(ClaimsError::Form), Err(ClaimsError::Form)));
        }
        let without = payload(|payload| payload["nbf"] = Value::Null);
        assert!(read_payload(&without).is_ok());
    }

    #[test]
    fn names_that_would_leave_their_place_in_a_url_are_no_names() {
        for name in ["", "..", "../secrets", "a/b", "a?b", "a%2fb", "A", &"a".repeat(254)] {
            let wrong = |payload: &mut Value| payload["kubernetes.io"]["pod"]["name"] = json!(name);
            assert_eq!(read_payload(&payload(wrong)), Err(ClaimsError::Form), "{name}");
        }
    }

    #[test]
    fn what_is_bound_to_no_pod_is_refused() {
        for missing in ["namespace", "pod", "serviceaccount"] {
            let without = payload(|payload| payload["kubernetes.io"][missing] = Value::Null);
            assert_eq!(read_payload(&without), Err(ClaimsError::Form), "{missing}");
        }
        for claim in ["aud", "exp", "kubernetes.io"] {
            assert_eq!(
                read_payload(&payload(|payload| payload[claim] = Value::Null)),
                Err(ClaimsError::Form),
                "{claim}"
            );
        }
        let twice = r#"{"exp": 4000000000, "exp": 1}"#;
        assert_eq!(read(twice.as_bytes(), Timestamp::UNIX_EPOCH), Err(ClaimsError::Form));
    }

    proptest! {
        #[test]
        fn no_payload_does_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), exp in any::<i64>(), nbf in any::<i64>()) {
            let now = Timestamp::from_second(NOW).unwrap();
            let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
            prop_assert!(read(&bytes, now).is_err());
            let claims = read_payload(&payload(|payload| {
                payload["exp"] = json!(exp);
                payload["nbf"] = json!(nbf);
            }));
            prop_assert_eq!(claims.is_ok(), exp > NOW - 60 && nbf <= NOW + 60 && exp <= last && nbf >= first);
        }
    }
}
