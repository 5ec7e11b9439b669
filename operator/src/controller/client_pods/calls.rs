//! The calls to the API server about client pods.

use std::time::Instant;

use crds::contract::CONTROLLER_FIELD_MANAGER;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams, PostParams, Preconditions};
use kube::{Client, ResourceExt};

use crate::clients::{ClientPod, Delete};
use crate::controller::apply::Error;
use crate::controller::client_pods::sum::{PODS_LIMIT, Sum, sum, until};
use crate::controller::context::Controller;
use crate::controller::session_ref::SessionRef;
use crate::session::Session;
use crate::session::labels::{Component, selector_text};

const KIND: &str = "Pod";

/// How [`delete_key`] begins.
pub(super) const DELETE: &str = "delete Pod/";

/// A session's client pods, live.
pub(super) struct Calls<'a> {
    pub(super) controller: &'a Controller,
    pub(super) session_ref: &'a SessionRef,
    pub(super) session: &'a Session,
    /// When all of them have to be over.
    pub(super) deadline: tokio::time::Instant,
}

impl Calls<'_> {
    /// All pods of the session's clients, as they are stored now, and not as some cache has them.
    /// `Err` is that there was no answer in time.
    pub(super) async fn list(&self) -> Result<kube::Result<Vec<ClientPod>>, Error> {
        let params = ListParams::default().labels(&selector_text(&self.session.name, Component::Client));
        let pods = api(&self.controller.client, self.session);
        let listed = tokio::time::timeout_at(self.deadline, pods.list(&params)).await;
        let listed = listed.map_err(|_| late("list", &self.session.client_name()))?;
        Ok(listed.map(|pods| pods.iter().filter_map(|pod| self.read(pod)).collect()))
    }

    /// What matters of a pod, if it is one of the session's clients.
    pub(super) fn read(&self, pod: &Pod) -> Option<ClientPod> {
        ClientPod::of(pod, &self.session.owner.uid, &self.session.client_name())
    }

    /// Has pods told to end, each only if it still is the one that was meant.
    pub(super) async fn delete(&self, deletes: Vec<Delete>) -> Sum {
        sum(deletes.into_iter().map(|delete| self.delete_one(delete))).await
    }

    async fn delete_one(&self, delete: Delete) -> Option<Result<(), Error>> {
        let late = || late("delete", &delete.name);
        let answer = until(self.deadline, late, self.ask_to_delete(&delete)).await?;
        let (key, retry, random) = (delete_key(&delete.uid), self.controller.retry, fastrand::f64());
        self.controller.remember(self.session_ref, |memory| match &answer {
            Ok(()) => memory.refusals.done(&key),
            Err(error) => {
                memory.refusals.refused(&key, String::new(), error.clone(), retry, Instant::now(), random);
            }
        });
        Some(answer)
    }

    async fn ask_to_delete(&self, delete: &Delete) -> Result<(), Error> {
        let only_this = Preconditions { uid: Some(delete.uid.clone()), resource_version: None };
        let params = DeleteParams::default().preconditions(only_this);
        let pods = api(&self.controller.client, self.session);
        match pods.delete(&delete.name, &params).await {
            Ok(_) => self.controller.metrics.child_written(KIND),
            // Gone, and maybe another one is there.
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {}
            Err(source) => return Err(Error::of("delete", KIND.into(), delete.name.clone(), &source)),
        }
        tracing::debug!(session = %self.session_ref.key, pod = %delete.name, why = ?delete.why, "pod deleted");
        self.controller.remember(self.session_ref, |memory| memory.clients.deleted(&delete.uid));
        Ok(())
    }

    /// Creates pods. Where the first is refused the others would be as well, so that they are not tried.
    pub(super) async fn create(&self, mut pods: Vec<Pod>) -> Sum {
        let rest = pods.split_off(pods.len().min(1));
        let first = sum(pods.into_iter().map(|pod| self.create_one(pod))).await;
        if first.refused.is_some() {
            return first;
        }
        let rest = sum(rest.into_iter().map(|pod| self.create_one(pod))).await;
        Sum { has_done: first.has_done || rest.has_done, has_left: first.has_left || rest.has_left, ..rest }
    }

    async fn create_one(&self, pod: Pod) -> Option<Result<(), Error>> {
        let name = pod.name_any();
        until(self.deadline, || late("create", &name), self.ask_to_create(&pod, &name)).await
    }

    async fn ask_to_create(&self, pod: &Pod, name: &str) -> Result<(), Error> {
        let failed = |source: &kube::Error| Error::of("create", KIND.into(), name.to_owned(), source);
        let pods = api(&self.controller.client, self.session);
        let params =
            PostParams { field_manager: Some(CONTROLLER_FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let live = match pods.create(&params, pod).await {
            Ok(created) => {
                self.controller.metrics.child_written(KIND);
                created
            }
            Err(kube::Error::Api(status)) if status.is_already_exists() => {
                pods.get(name).await.map_err(|source| failed(&source))?
            }
            Err(source) => return Err(failed(&source)),
        };
        // The name says what it is, but anybody may give it.
        let owned = self.read(&live).filter(|found| !found.template.is_empty());
        let found = owned.ok_or_else(|| Error::NameTaken { kind: KIND.into(), name: name.to_owned() })?;
        tracing::debug!(session = %self.session_ref.key, pod = %name, "pod created");
        let now = Instant::now();
        self.controller.remember(self.session_ref, |memory| memory.clients.created(found, now));
        Ok(())
    }
}

/// What a pod that cannot be deleted is remembered by.
pub(super) fn delete_key(uid: &str) -> String {
    format!("{DELETE}{uid}")
}

fn api(client: &Client, session: &Session) -> Api<Pod> {
    Api::namespaced(client.clone(), &session.namespace)
}

fn late(verb: &'static str, name: &str) -> Error {
    let message = format!("no answer within {} s", PODS_LIMIT.as_secs());
    Error::Refused { verb, kind: KIND.into(), name: name.to_owned(), message }
}
