//! The calls to the API server about client pods.

use std::time::Instant;

use crds::contract::CONTROLLER_FIELD_MANAGER;
use futures_util::StreamExt;
use futures_util::stream;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams, PostParams, Preconditions};
use kube::{Client, ResourceExt};
use tokio::time::timeout;

use crate::clients::{ClientPod, Delete};
use crate::controller::apply::{CHILD_LIMIT, Error};
use crate::controller::context::Controller;
use crate::controller::session_ref::SessionRef;
use crate::session::Session;
use crate::session::labels::{Component, selector_text};

const KIND: &str = "Pod";

/// Calls under way at a time for one session.
const CONCURRENT: usize = 5;

/// A session's client pods, live.
pub(super) struct Calls<'a> {
    pub(super) controller: &'a Controller,
    pub(super) session_ref: &'a SessionRef,
    pub(super) session: &'a Session,
}

impl Calls<'_> {
    /// All pods of the session's clients, as they are stored now, and not as some cache has them.
    pub(super) async fn list(&self) -> kube::Result<Vec<ClientPod>> {
        let selector = selector_text(&self.session.name, Component::Client);
        let pods =
            api(&self.controller.client, self.session).list(&ListParams::default().labels(&selector)).await?;
        Ok(pods.iter().filter_map(|pod| self.read(pod)).collect())
    }

    /// What matters of a pod, if it is one of the session's clients.
    pub(super) fn read(&self, pod: &Pod) -> Option<ClientPod> {
        ClientPod::of(pod, &self.session.owner.uid, &self.session.client_name())
    }

    /// Has pods told to end, each only if it still is the one that was meant. The first refusal, if there is one.
    pub(super) async fn delete(&self, deletes: Vec<Delete>) -> Option<Error> {
        first(deletes.into_iter().map(|delete| self.delete_one(delete))).await
    }

    async fn delete_one(&self, delete: Delete) -> Result<(), Error> {
        let only_this = Preconditions { uid: Some(delete.uid.clone()), resource_version: None };
        let params = DeleteParams::default().preconditions(only_this);
        let pods = api(&self.controller.client, self.session);
        match timeout(CHILD_LIMIT, pods.delete(&delete.name, &params)).await {
            Ok(Ok(_)) => self.controller.metrics.child_written(KIND),
            // Gone, and maybe another one is there.
            Ok(Err(kube::Error::Api(status))) if status.is_not_found() || status.is_conflict() => {}
            Ok(Err(source)) => return Err(Error::of("delete", KIND.into(), delete.name, &source)),
            Err(_) => return Err(late("delete", &delete.name)),
        }
        tracing::debug!(session = %self.session_ref.key, pod = %delete.name, why = ?delete.why, "pod deleted");
        self.controller.remember(self.session_ref, |memory| memory.clients.deleted(&delete.uid));
        Ok(())
    }

    /// Creates pods. Where the first is refused the others would be as well, so that they are not tried. The first refusal.
    pub(super) async fn create(&self, mut pods: Vec<Pod>) -> Option<Error> {
        let rest = pods.split_off(pods.len().min(1));
        match first(pods.into_iter().map(|pod| self.create_one(pod))).await {
            None => first(rest.into_iter().map(|pod| self.create_one(pod))).await,
            refused => refused,
        }
    }

    async fn create_one(&self, pod: Pod) -> Result<(), Error> {
        let name = pod.name_any();
        let failed = |source: &kube::Error| Error::of("create", KIND.into(), name.clone(), source);
        let pods = api(&self.controller.client, self.session);
        let params =
            PostParams { field_manager: Some(CONTROLLER_FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let created =
            timeout(CHILD_LIMIT, pods.create(&params, &pod)).await.map_err(|_| late("create", &name))?;
        let live = match created {
            Ok(created) => {
                self.controller.metrics.child_written(KIND);
                created
            }
            Err(kube::Error::Api(status)) if status.is_already_exists() => {
                pods.get(&name).await.map_err(|source| failed(&source))?
            }
            Err(source) => return Err(failed(&source)),
        };
        // The name says what it is, but anybody may give it.
        let owned = self.read(&live).filter(|found| !found.template.is_empty());
        let found = owned.ok_or_else(|| Error::NameTaken { kind: KIND.into(), name: name.clone() })?;
        tracing::debug!(session = %self.session_ref.key, pod = %name, "pod created");
        let now = Instant::now();
        self.controller.remember(self.session_ref, |memory| memory.clients.created(found, now));
        Ok(())
    }
}

/// Has all of these done, a few at a time. The first refusal.
async fn first(calls: impl Iterator<Item = impl Future<Output = Result<(), Error>>>) -> Option<Error> {
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CONCURRENT).collect().await;
    results.into_iter().find_map(Result::err)
}

fn api(client: &Client, session: &Session) -> Api<Pod> {
    Api::namespaced(client.clone(), &session.namespace)
}

fn late(verb: &'static str, name: &str) -> Error {
    let message = format!("no answer within {} s", CHILD_LIMIT.as_secs());
    Error::Refused { verb, kind: KIND.into(), name: name.to_owned(), message }
}
