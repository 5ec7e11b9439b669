//! What all that is served is made from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use process::Bucket;

use crate::cluster::Guard;
use crate::http::access::{Access, Refusal};
use crate::http::api_server::ApiServer;
use crate::http::namespaces::Namespaces;
use crate::http::overview::Overview;
use crate::http::parts::Doubt;

/// How often it is looked up what is stored of a session before a verdict is given, and how often at once.
const LOOK_UPS: (Duration, u32) = (Duration::from_millis(20), 100);

/// What all that is served is made from.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) overview: Arc<Overview>,
    pub(super) access: Arc<Access>,
    pub(super) doubt: Arc<Doubt>,
    pub(super) namespaces: Arc<Namespaces>,
    api_server: Arc<dyn ApiServer>,
    look_ups: Arc<Mutex<Bucket>>,
}

impl Site {
    pub(super) fn new(
        overview: Arc<Overview>,
        access: Access,
        doubt: Doubt,
        api_server: Arc<dyn ApiServer>,
        now: Instant,
    ) -> Self {
        let look_ups = Arc::new(Mutex::new(Bucket::new(LOOK_UPS.0, LOOK_UPS.1, now)));
        Self {
            overview,
            access: Arc::new(access),
            doubt: Arc::new(doubt),
            namespaces: Arc::default(),
            api_server,
            look_ups,
        }
    }

    /// What the API server has of a session now.
    pub(super) async fn stored(&self, namespace: &str, name: &str) -> Result<Option<Guard>, Refusal> {
        self.look_ups
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(Instant::now())
            .map_err(Refusal::TooMany)?;
        self.api_server.stored(namespace, name).await.map_err(|error| {
            tracing::debug!(%error, namespace, name, "a session cannot be looked up");
            Refusal::Unavailable("the API server cannot be asked now what is stored".into())
        })
    }
}
