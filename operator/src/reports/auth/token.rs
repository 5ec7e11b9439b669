//! A token as it is written: a JSON Web Signature in its compact form (RFC 7515). Nothing of it is verified yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::reports::auth::algorithm::Algorithm;

/// The longest token that is read, in bytes. Those of service accounts have about 1,200.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// A token, taken apart.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    /// Which key is said to have signed it.
    pub(super) key_id: String,
    /// Claims, as JSON.
    pub(super) payload: Vec<u8>,
    /// What the signature is of.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// Why a text is no token that could be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("not a signed token with the id of its key, of at most {MAX_TOKEN} bytes")]
    Form,
    #[error("the token is signed by another algorithm than {}", Algorithm::NAMES)]
    Algorithm,
}

#[derive(Deserialize)]
struct Header {
    alg: Value,
    kid: String,
    /// What whoever verifies has to understand. Tokens of service accounts have nothing of the kind.
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Form)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Form)?;
        if header.crit.is_some() {
            return Err(TokenError::Form);
        }
        let algorithm = Algorithm::deserialize(header.alg).map_err(|_| TokenError::Algorithm)?;
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        Ok(Self { algorithm, key_id: header.kid, payload, signed: signed.as_bytes(), signature })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Form)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn with_header(header: &Value) -> Result<Algorithm, TokenError> {
        let text = format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()));
        Token::parse(&text).map(|token| token.algorithm)
    }

    #[test]
    fn a_token_has_header_payload_and_signature() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"a"}"#);
        let text = format!("{header}.e30.c2ln");
        let token = Token::parse(&text).unwrap();
        assert_eq!((token.algorithm, token.key_id.as_str()), (Algorithm::Rs256, "a"));
        assert_eq!(
            (token.payload.as_slice(), token.signature.as_slice()),
            (b"{}".as_slice(), b"sig".as_slice())
        );
        assert_eq!(token.signed, format!("{header}.e30").as_bytes());
    }

    #[test]
    fn no_other_algorithm_is_tried() {
        for algorithm in ["none", "None", "HS256", "HS512", "PS256", "RS1", "EdDSA", "rs256", ""] {
            let header = json!({"alg": algorithm, "kid": "a"});
            assert_eq!(with_header(&header), Err(TokenError::Algorithm), "{algorithm}");
        }
        assert_eq!(with_header(&json!({"alg": 256, "kid": "a"})), Err(TokenError::Algorithm));
    }

    #[test]
    fn a_header_that_asks_for_more_or_says_too_little_is_refused() {
        for header in [
            json!({"alg": "RS256"}),
            json!({"kid": "a"}),
            json!({"alg": "RS256", "kid": 7}),
            json!({"alg": "RS256", "kid": "a", "crit": ["b64"], "b64": false}),
            json!([]),
        ] {
            assert_eq!(with_header(&header), Err(TokenError::Form), "{header}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "a".repeat(MAX_TOKEN + 1);
        for text in ["", ".", "..", "a.b", "a.b.c", "e30.e30.e30", "e30.e30.e30.e30", "é.é.é", &long] {
            assert_eq!(Token::parse(text).unwrap_err(), TokenError::Form, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,40}", 0..5)) {
            let _ = Token::parse(&text);
            let _ = Token::parse(&parts.join("."));
        }

        #[test]
        fn no_header_does_harm(header in "\\PC{0,60}", id in "\\PC{0,20}") {
            let token = format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header));
            let _ = Token::parse(&token);
            prop_assert_eq!(with_header(&json!({"alg": "ES256", "kid": id})), Ok(Algorithm::Es256));
        }
    }
}
