//! Signs tokens as an API server does, and publishes the key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::contract::REPORT_AUDIENCE;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::reports::testing::objects::uid;

/// When all tokens of tests expire.
const EXPIRES: i64 = 4_000_000_000;

/// A pair of keys of its own.
pub(in crate::reports) struct Issuer {
    pub(in crate::reports) key_id: String,
    key: EcdsaKeyPair,
}

impl Issuer {
    /// One whose key has this id.
    pub(in crate::reports) fn new(key_id: &str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { key_id: key_id.into(), key }
    }

    /// The public key, as a JSON Web Key.
    pub(in crate::reports) fn public_key(&self) -> Value {
        let point = &self.key.public_key().as_ref()[1..];
        let (x, y) = point.split_at(32);
        json!({
            "use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)
        })
    }

    /// A token with this payload.
    pub(in crate::reports) fn sign(&self, payload: &Value) -> String {
        let signed = unsigned(&json!({"alg": "ES256", "kid": self.key_id}), payload);
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

/// Header and payload of a token.
pub(in crate::reports) fn unsigned(header: &Value, payload: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(payload))
}

/// What the token of a pod says.
pub(in crate::reports) fn payload(pod: &str, account: &str, namespace: &str) -> Value {
    json!({
        "aud": [REPORT_AUDIENCE], "exp": EXPIRES, "nbf": 0,
        "kubernetes.io": {"namespace": namespace, "pod": {"name": pod, "uid": uid(pod)}, "serviceaccount": {"name": account}}
    })
}
