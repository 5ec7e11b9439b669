//! For whom a token says that it is. One that is for this port alone is of no use to who reads along.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::contract::HTTP_AUDIENCE;
use serde::Deserialize;

/// Whom a token is for, in its payload (RFC 7519).
#[derive(Deserialize)]
struct Claims {
    aud: Audiences,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

/// The audience to have a token reviewed for: ours where it says so, else those of the API server. Nothing is verified by that: what
/// a token says of itself decides which question is asked, and the API server answers it.
pub(super) fn audience(token: &str) -> Option<&'static str> {
    let payload = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let is_ours = match claims.aud {
        Audiences::One(audience) => audience == HTTP_AUDIENCE,
        Audiences::Many(audiences) => audiences.iter().any(|audience| audience == HTTP_AUDIENCE),
    };
    is_ours.then_some(HTTP_AUDIENCE)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_token_says_of_itself_decides_which_question_is_asked() {
        let token = |payload: Value| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()));
        for payload in
            [json!({"aud": HTTP_AUDIENCE}), json!({"aud": ["https://kubernetes.default.svc", HTTP_AUDIENCE]})]
        {
            assert_eq!(audience(&token(payload.clone())), Some(HTTP_AUDIENCE), "{payload}");
        }
        for payload in [json!({}), json!({"aud": ["ballsession.dev/report"]}), json!({"aud": 7}), json!([])] {
            assert_eq!(audience(&token(payload.clone())), None, "{payload}");
        }
        // Not all that users of a cluster have can be read.
        for token in ["", "a", "a.b.c", "..", "e30.é.c2ln"] {
            assert_eq!(audience(token), None, "{token}");
        }
    }
}
