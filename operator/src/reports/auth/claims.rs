//! What a token claims, unverified: enough to tell junk from what is worth asking the
//! API server about, at no cost.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::contract::REPORT_AUDIENCE;
use jiff::Timestamp;
use serde::Deserialize;

use crate::reports::stores::PodKey;

/// The longest token that is read, in bytes. Those of service accounts have about 1,200.
const MAX_TOKEN: usize = 8 * 1024;

/// What matters of a token's claims. Unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// The pod that it is bound to.
    pub(super) pod: PodKey,
    /// When it ends.
    pub(super) expires: Timestamp,
}

/// Why a token is not worth a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClaimsError {
    #[error("not a token of a service account that is bound to a pod")]
    Form,
    #[error("the token is not for the audience {REPORT_AUDIENCE}")]
    Audience,
    #[error("the token has expired")]
    Expired,
}

/// The payload of a token, as the API server makes them (RFC 7519 and `kubernetes.io`'s private claims).
#[derive(Deserialize)]
struct Payload {
    aud: Audiences,
    exp: i64,
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
}

#[derive(Deserialize)]
struct Bound {
    name: String,
    uid: String,
}

/// Reads the claims of `token` without verifying its signature.
pub(super) fn read(token: &str, now: Timestamp) -> Result<Claims, ClaimsError> {
    let payload = payload(token).ok_or(ClaimsError::Form)?;
    let is_ours = match &payload.aud {
        Audiences::One(audience) => audience == REPORT_AUDIENCE,
        Audiences::Many(audiences) => audiences.iter().any(|audience| audience == REPORT_AUDIENCE),
    };
    if !is_ours {
        return Err(ClaimsError::Audience);
    }
    let expires = Timestamp::from_second(payload.exp).map_err(|_| ClaimsError::Form)?;
    if expires <= now {
        return Err(ClaimsError::Expired);
    }
    let Kubernetes { namespace, pod: Bound { name, uid } } = payload.kubernetes;
    // These become parts of URLs: nothing but names gets through.
    if ![&namespace, &name, &uid].into_iter().all(|name| is_name(name)) {
        return Err(ClaimsError::Form);
    }
    Ok(Claims { pod: PodKey { namespace, name, uid }, expires })
}

fn payload(token: &str) -> Option<Payload> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
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
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn read_payload(payload: &Value) -> Result<Claims, ClaimsError> {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()));
        read(&token, Timestamp::from_second(NOW).unwrap())
    }

    fn payload(change: impl FnOnce(&mut Value)) -> Value {
        let mut payload = json!({
            "aud": [REPORT_AUDIENCE], "exp": NOW + 60, "iss": "https://kubernetes.default.svc",
            "kubernetes.io": {"namespace": "lighthouse", "pod": {"name": "harbor-client-0-x", "uid": "7c1e"}}
        });
        change(&mut payload);
        payload
    }

    #[test]
    fn a_bound_token_names_its_pod() {
        let claims = read_payload(&payload(|_| ())).unwrap();
        let (namespace, name, uid) = ("lighthouse".into(), "harbor-client-0-x".into(), "7c1e".into());
        assert_eq!(claims.pod, PodKey { namespace, name, uid });
        assert_eq!(claims.expires.as_second(), NOW + 60);
        assert!(read_payload(&payload(|payload| payload["aud"] = json!(REPORT_AUDIENCE))).is_ok());
    }

    #[test]
    fn other_audiences_and_old_tokens_are_told_apart() {
        for audience in [json!("https://kubernetes.default.svc"), json!([]), json!(["ballsession.dev"])] {
            assert_eq!(
                read_payload(&payload(|payload| payload["aud"] = audience)),
                Err(ClaimsError::Audience)
            );
        }
        assert_eq!(read_payload(&payload(|payload| payload["exp"] = json!(NOW))), Err(ClaimsError::Expired));
        assert_eq!(
            read_payload(&payload(|payload| payload["exp"] = json!(i64::MAX))),
            Err(ClaimsError::Form)
        );
    }

    #[test]
    fn names_that_would_leave_their_place_in_a_url_are_no_names() {
        for name in ["", "..", "../secrets", "a/b", "a?b", "a%2fb", "A", &"a".repeat(254)] {
            let wrong = |payload: &mut Value| payload["kubernetes.io"]["pod"]["name"] = json!(name);
            assert_eq!(read_payload(&payload(wrong)), Err(ClaimsError::Form), "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_told_at_once() {
        let now = Timestamp::from_second(NOW).unwrap();
        for token in ["", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", &"a".repeat(MAX_TOKEN + 1)] {
            assert_eq!(read(token, now), Err(ClaimsError::Form));
        }
        let unbound = payload(|payload| payload["kubernetes.io"] = json!({"namespace": "lighthouse"}));
        assert_eq!(read_payload(&unbound), Err(ClaimsError::Form));
    }
}
