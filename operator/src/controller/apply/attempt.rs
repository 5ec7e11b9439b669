//! One attempt to make a child what it shall be, and what came of it.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::controller::apply::error::Error;
use crate::controller::resources::Desired;
use crate::session::short_hash;

/// A kind of child.
pub(super) trait Child:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Serialize
    + DeserializeOwned
    + Clone
    + Debug
    + PartialEq
{
}

impl<K> Child for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Serialize
        + DeserializeOwned
        + Clone
        + Debug
        + PartialEq
{
}

/// What is tried with a child.
pub(super) struct Attempt {
    /// The name of the child.
    pub(super) name: String,
    /// What the child is remembered by.
    pub(super) key: String,
    /// Names what is asked for.
    pub(super) asked: String,
}

impl Attempt {
    pub(super) fn of<K: Child>(desired: &Desired<K>, observed: Option<&K>) -> Self {
        let (name, asked) = match desired {
            Desired::Present(desired) => (desired.name_any(), short_hash(desired)),
            Desired::Absent | Desired::AsItIs => {
                (observed.map(ResourceExt::name_any).unwrap_or_default(), String::new())
            }
        };
        Self { key: child::<K>(&name), name, asked }
    }
}

/// What became of one child.
pub(super) struct Done<K> {
    /// As it is now.
    pub(super) live: Option<K>,
    /// It is on its way out, and comes anew when it is gone.
    pub(super) is_waiting: bool,
    /// Why it is not as it shall be, and whether that was tried just now.
    pub(super) refused: Option<(Error, bool)>,
}

impl<K> Done<K> {
    /// It is as it shall be.
    pub(super) fn of(live: Option<K>) -> Self {
        Self { live, is_waiting: false, refused: None }
    }

    /// It is on its way out.
    pub(super) fn waiting() -> Self {
        Self { is_waiting: true, ..Self::of(None) }
    }
}

/// What a child is remembered by.
pub(super) fn child<K: Child>(name: &str) -> String {
    format!("{}/{name}", kind::<K>())
}

pub(super) fn is_terminating<K: Child>(live: &K) -> bool {
    live.meta().deletion_timestamp.is_some()
}

pub(super) fn kind<K: Child>() -> String {
    K::kind(&()).into_owned()
}
