//! What a token says of itself, for [`crate::reports::untrusted`].

use jiff::Timestamp;

use crate::reports::auth::{claims, token::Token};

/// Namespace, name and UID of the pod that a token claims to be of, and its account, whoever signed it.
pub(in crate::reports) fn claimed(text: &str, now: Timestamp) -> Result<[String; 4], String> {
    let token = Token::parse(text).map_err(|error| error.to_string())?;
    let identity = claims::read(&token.payload, now).map_err(|error| error.to_string())?.identity;
    Ok([identity.pod.namespace, identity.pod.name, identity.pod.uid, identity.service_account])
}
