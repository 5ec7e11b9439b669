//! The Secret that keeps the keys. The manifests bring it empty: so the operator needs no right to create Secrets, which no
//! rule could narrow to one, and reads and changes this one by its name.

use std::time::Duration;

use crds::contract::{OWN_PREFIX, REPORT_CA_KEY};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use tokio::time::timeout;

use crate::api_error::describe;
use crate::certificates::keyring::Keyring;

/// What the keys are stored as.
const KEYS: &str = "keys.json";
/// The annotation by whose change somebody asks for other keys, without its prefix.
const ROTATE: &str = "rotate";
/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Where keys are kept.
pub struct Store {
    reader: Api<Secret>,
    /// Writes for whoever holds the lease.
    writer: Api<Secret>,
    namespace: String,
    name: String,
}

/// What is stored, in this version.
#[derive(Debug, Clone)]
pub struct Stored {
    /// `None` before any were made, and where somebody emptied it.
    pub keyring: Option<Keyring>,
    secret: Secret,
}

/// Why nothing is known of the keys, or nothing stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Waiting does not help.
    #[error("{0}")]
    Unusable(String),
    /// Somebody else changed it meanwhile.
    #[error("the Secret {0} changed meanwhile")]
    Conflict(String),
    /// It may work the next time.
    #[error("{0}")]
    Unavailable(String),
}

impl Store {
    /// The Secret of this name; `writer` writes only for who may.
    pub fn new(reader: Client, writer: Client, namespace: &str, name: &str) -> Self {
        let (reader, writer) = (Api::namespaced(reader, namespace), Api::namespaced(writer, namespace));
        Self { reader, writer, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it is not there, may not be read, or has something else in it.
    pub async fn read(&self) -> Result<Stored, StoreError> {
        let secret = self.limited(self.reader.get(&self.name)).await?;
        let keys = secret.data.as_ref().and_then(|data| data.get(KEYS));
        let keyring = keys.map(|keys| serde_json::from_slice(&keys.0)).transpose();
        match keyring {
            Ok(keyring) => Ok(Stored { keyring, secret }),
            // What another version has written is not thrown away.
            Err(error) => Err(StoreError::Unusable(format!(
                "{KEYS} of the {} cannot be read: {error}; without it new keys are made, and reports fail until all pods have \
                 their authorities",
                self.title()
            ))),
        }
    }

    /// Stores `keyring` in place of what was read.
    ///
    /// # Errors
    /// Where it is not what was read any more, or cannot be written.
    pub async fn write(&self, keyring: &Keyring, read: Stored) -> Result<(), StoreError> {
        let mut secret = read.secret;
        let keys = serde_json::to_vec(keyring).map_err(|error| StoreError::Unusable(error.to_string()))?;
        let data = secret.data.get_or_insert_default();
        data.insert(KEYS.to_owned(), ByteString(keys));
        // For people, and for who posts from outside of any session.
        data.insert(REPORT_CA_KEY.to_owned(), ByteString(keyring.bundle().into_bytes()));
        // With the version that was read: what somebody else has stored meanwhile stays.
        self.limited(self.writer.replace(&self.name, &PostParams::default(), &secret)).await.map(drop)
    }

    /// Which Secret it is.
    pub fn title(&self) -> String {
        format!("Secret {}/{}", self.namespace, self.name)
    }

    /// The client would try again by itself for minutes.
    async fn limited<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, StoreError> {
        let title = self.title();
        match timeout(LIMIT, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kube::Error::Api(status))) if status.is_conflict() => Err(StoreError::Conflict(title)),
            Ok(Err(kube::Error::Api(status))) if status.is_not_found() => Err(StoreError::Unusable(format!(
                "the {title} is not there, which the manifests bring: apply them again"
            ))),
            Ok(Err(error @ kube::Error::Api(_))) if is_forbidden(&error) => {
                Err(StoreError::Unusable(format!("the {title}: {}", describe(&error))))
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(format!("the {title}: {}", describe(&error)))),
            Err(_) => {
                let seconds = LIMIT.as_secs();
                Err(StoreError::Unavailable(format!("the {title}: no answer within {seconds} s")))
            }
        }
    }
}

fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.is_forbidden())
}

impl Stored {
    /// What a person asks for by the annotation.
    pub fn request(&self) -> Option<&str> {
        self.secret.annotations().get(&format!("{OWN_PREFIX}{ROTATE}")).map(String::as_str)
    }
}
