//! The keys that the API server publishes: a JSON Web Key Set (RFC 7517).

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::reports::auth::algorithm::Algorithm;
use crate::reports::auth::keys::public_key::PublicKey;
use crate::reports::auth::token::Token;

/// Public keys by their ids.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::reports::auth) struct KeySet(HashMap<String, Option<Usable>>);

/// What a key set says of the signature of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports::auth) enum Signature {
    /// It is of the key that the token names.
    Valid,
    /// It is not.
    Invalid,
    /// There is no such key.
    KeyUnknown,
    /// There is such a key, and it is of no kind that can be verified with here.
    KeyUnusable,
}

/// Why a text gives no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeySetError {
    #[error("no JSON Web Key Set: {0}")]
    Form(#[from] serde_json::Error),
    #[error("a key set without keys")]
    Empty,
}

/// A key to verify with, and the one algorithm for which it is meant, where that is said.
#[derive(Debug, PartialEq, Eq)]
struct Usable {
    key: PublicKey,
    only: Option<Algorithm>,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set.
    pub(super) fn parse(text: &str) -> Result<Self, KeySetError> {
        let Published { keys } = serde_json::from_str(text)?;
        let mut set = HashMap::new();
        for jwk in keys {
            let usable = usable(&jwk);
            let Some(id) = jwk.kid else { continue };
            // Of two keys with one id nobody says which one is meant.
            set.entry(id).and_modify(|known| *known = None).or_insert(usable);
        }
        if set.is_empty() { Err(KeySetError::Empty) } else { Ok(Self(set)) }
    }

    /// Whether the token is signed by the key that it names, and by an algorithm that this is meant for.
    pub(in crate::reports::auth) fn verify(&self, token: &Token<'_>) -> Signature {
        match self.0.get(&token.key_id) {
            None => Signature::KeyUnknown,
            Some(None) => Signature::KeyUnusable,
            Some(Some(Usable { key, only })) => {
                let is_meant = only.is_none_or(|only| only == token.algorithm);
                let is_valid = is_meant && key.verifies(token.algorithm, token.signed, &token.signature);
                if is_valid { Signature::Valid } else { Signature::Invalid }
            }
        }
    }

    /// How many keys there are to verify with.
    pub(super) fn usable(&self) -> usize {
        self.0.values().flatten().count()
    }
}

fn usable(jwk: &Jwk) -> Option<Usable> {
    let only = match &jwk.alg {
        Some(name) => Some(serde_json::from_value(name.as_str().into()).ok()?),
        None => None,
    };
    let number = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_ref()?).ok();
    let key = match (jwk.usage.as_deref(), jwk.kty.as_str()) {
        (None | Some("sig"), "RSA") => PublicKey::rsa(&number(&jwk.n)?, &number(&jwk.e)?)?,
        (None | Some("sig"), "EC") => {
            PublicKey::elliptic(jwk.crv.as_deref()?, &number(&jwk.x)?, &number(&jwk.y)?)?
        }
        _ => return None,
    };
    Some(Usable { key, only })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Signature::{Invalid, KeyUnknown, KeyUnusable, Valid};
    use super::*;
    use crate::reports::auth::claims;

    /// Made by another program; of their private keys nothing is left.
    const GOLDEN: &str = include_str!("golden/jwks.json");
    /// A token for each key and algorithm, a line each.
    const TOKENS: &str = include_str!("golden/tokens.txt");

    fn golden() -> Value {
        serde_json::from_str(GOLDEN).unwrap()
    }

    fn key(id: &str) -> Value {
        golden()["keys"].as_array().unwrap().iter().find(|key| key["kid"] == id).unwrap().clone()
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(&json!({"keys": keys}).to_string()).unwrap()
    }

    /// The golden token of a line, with the id of another key.
    fn token(line: usize, key_id: &str) -> Token<'static> {
        Token { key_id: key_id.into(), ..Token::parse(TOKENS.lines().nth(line).unwrap()).unwrap() }
    }

    #[test]
    fn what_others_sign_is_verified() {
        let set = KeySet::parse(GOLDEN).unwrap();
        let mut algorithms = Vec::new();
        for line in TOKENS.lines() {
            let token = Token::parse(line).unwrap();
            assert_eq!(set.verify(&token), Valid, "{line}");
            algorithms.push(token.algorithm);
        }
        use Algorithm::{Es256, Es384, Rs256, Rs384, Rs512};
        assert_eq!(algorithms, [Rs256, Rs384, Rs512, Es256, Es384]);
    }

    /// Of an API server of Kubernetes 1.36 that is long gone.
    #[test]
    fn what_an_api_server_signs_is_verified_and_read() {
        let set = KeySet::parse(include_str!("golden/api-server-jwks.json")).unwrap();
        let token = Token::parse(include_str!("golden/api-server-token.txt").trim_end()).unwrap();
        assert_eq!((set.verify(&token), set.usable()), (Valid, 1));
        let identity =
            claims::read(&token.payload, "2026-11-30T10:01:30Z".parse().unwrap()).unwrap().identity;
        assert_eq!(
            (identity.service_account.as_str(), identity.pod.name.as_str()),
            ("harbor-workload", "harbor-server-5d")
        );
    }

    #[test]
    fn a_key_is_used_for_its_own_algorithm_only() {
        let mut jwk = key("rsa");
        for (algorithm, expected) in [("RS256", Valid), ("RS384", Invalid), ("PS256", KeyUnusable)] {
            jwk["alg"] = json!(algorithm);
            assert_eq!(set(&[jwk.clone()]).verify(&token(0, "rsa")), expected, "{algorithm}");
        }
        let golden = KeySet::parse(GOLDEN).unwrap();
        for (line, id) in [(0, "p256"), (3, "rsa"), (3, "p384"), (4, "p256")] {
            assert_eq!(golden.verify(&token(line, id)), Invalid, "the token of line {line} as of {id}");
        }
        assert_eq!(golden.verify(&token(0, "other")), KeyUnknown);
    }

    #[test]
    fn what_cannot_be_verified_with_is_known_and_unusable() {
        let rsa = key("rsa");
        let with = |change: &dyn Fn(&mut Value)| {
            let mut jwk = rsa.clone();
            change(&mut jwk);
            set(&[jwk])
        };
        for set in [
            with(&|jwk| jwk["use"] = json!("enc")),
            with(&|jwk| jwk["kty"] = json!("oct")),
            with(&|jwk| jwk["n"] = json!("AQAB")),
            with(&|jwk| jwk["n"] = json!("no base64!")),
            with(&|jwk| jwk["e"] = json!("AA")),
            with(&|jwk| jwk["e"] = Value::Null),
            set(&[rsa.clone(), rsa.clone()]),
        ] {
            assert_eq!((set.verify(&token(0, "rsa")), set.usable()), (KeyUnusable, 0));
        }
        let p521 =
            json!({"kty": "EC", "kid": "p521", "crv": "P-521", "x": "A".repeat(88), "y": "A".repeat(88)});
        let set = set(&[p521, json!({"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AA"}), rsa]);
        let of = |id| set.verify(&token(0, id));
        assert_eq!((of("p521"), of("ed"), of("rsa"), set.usable()), (KeyUnusable, KeyUnusable, Valid, 1));
    }

    #[test]
    fn leading_zeros_do_not_change_a_number() {
        let mut jwk = key("rsa");
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        jwk["n"] = json!(URL_SAFE_NO_PAD.encode([&[0], modulus.as_slice()].concat()));
        assert_eq!(set(&[jwk]).verify(&token(0, "rsa")), Valid);
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for text in ["", "{}", "[]", r#"{"keys": [{"kid": "a"}]}"#, "<html>"] {
            assert!(matches!(KeySet::parse(text), Err(KeySetError::Form(_))), "{text}");
        }
        for text in [r#"{"keys": []}"#, r#"{"keys": [{"kty": "RSA"}]}"#] {
            assert!(matches!(KeySet::parse(text), Err(KeySetError::Empty)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "\\PC{0,100}", number in "[A-Za-z0-9_-]{0,400}", curve in "P-(256|384|521)") {
            let _ = KeySet::parse(&text);
            for jwk in [
                json!({"kty": "RSA", "kid": "a", "n": number, "e": "AQAB"}),
                json!({"kty": "EC", "kid": "a", "crv": curve, "x": number, "y": number}),
            ] {
                prop_assert_ne!(set(&[jwk]).verify(&token(0, "a")), Valid);
            }
        }

        #[test]
        fn one_other_byte_is_another_token(line in 0..5_usize, position in 0..4096_usize, byte in 0..64_usize) {
            const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let set = KeySet::parse(GOLDEN).unwrap();
            let mut text = TOKENS.lines().nth(line).unwrap().as_bytes().to_vec();
            let position = position % text.len();
            let place = &mut text[position];
            prop_assume!(*place != ALPHABET[byte]);
            *place = ALPHABET[byte];
            let text = String::from_utf8(text).unwrap();
            prop_assert!(!Token::parse(&text).is_ok_and(|token| set.verify(&token) == Valid), "{}", text);
        }
    }
}
