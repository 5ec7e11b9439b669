//! Lists that decide nothing but words: they may take a while, and what cannot be read is left out.

use std::fmt::Debug;
use std::time::Duration;

use kube::Resource;
use kube::api::{Api, ListParams, ObjectList};
use serde::de::DeserializeOwned;

use crate::api_error::describe;

/// How long one list may take.
const LIMIT: Duration = Duration::from_secs(3);

/// What there is, as far as the API server says so in time.
pub(super) async fn list_within<K>(api: &Api<K>, params: &ListParams) -> Option<ObjectList<K>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    match tokio::time::timeout(LIMIT, api.list(params)).await {
        Ok(Ok(list)) => Some(list),
        Ok(Err(error)) => {
            tracing::debug!(kind = %K::kind(&()), error = %describe(&error), "a list failed that would explain more");
            None
        }
        Err(_) => None,
    }
}
