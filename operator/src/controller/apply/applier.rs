//! Makes the children in the cluster what they shall be: by server-side apply, and only where something differs.

use std::fmt::Debug;

use crds::contract::CONTROLLER_FIELD_MANAGER;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use kube::api::{Api, DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cluster::Key;
use crate::controller::apply::error::Error;
use crate::controller::apply::job::Plan;
use crate::controller::apply::{difference, job};
use crate::controller::memory::{Memories, Memory};
use crate::controller::metrics::Metrics;
use crate::controller::resources::{Applied, Desired, Observed, Prepared, Resources};
use crate::session::Session;
use crate::session::short_hash;

/// What became of the children.
pub struct Outcome {
    /// As they are now.
    pub resources: Resources<Applied>,
    /// One of them is on its way out, and comes anew when it is gone.
    pub waiting: bool,
    /// The Job had to be deleted just now to be made anew.
    pub job_replaced: bool,
    /// Pods that there were are made anew: by another Deployment of the server, or another Job.
    pub is_disturbed: bool,
}

/// What apply works with.
pub(in crate::controller) struct Tools<'a> {
    pub(in crate::controller) client: &'a Client,
    pub(in crate::controller) memories: &'a Memories,
    pub(in crate::controller) metrics: &'a Metrics,
}

/// Makes the children of a session what they shall be.
///
/// # Errors
/// At the first child where that is not possible; those behind it are left for the next time.
pub(in crate::controller) async fn apply(
    tools: Tools<'_>,
    session: &Session,
    prepared: Resources<Prepared>,
    observed: Resources<Observed>,
) -> Result<Outcome, Error> {
    let mut applier = Applier { tools, session, waiting: false, job_replaced: false };
    let server_before = observed.server_deployment.as_ref().and_then(template_hash);
    // Without `..`: a child that is forgotten here does not compile.
    let Resources {
        workload_service_account,
        server_deployment,
        server_service,
        client_job,
        server_network_policy,
        client_network_policy,
    } = prepared;
    // Policies before the pods that they are about, the account before the pods that use it.
    let resources: Resources<Applied> = Resources {
        workload_service_account: applier
            .child(workload_service_account, observed.workload_service_account)
            .await?,
        server_network_policy: applier.child(server_network_policy, observed.server_network_policy).await?,
        client_network_policy: applier.child(client_network_policy, observed.client_network_policy).await?,
        server_service: applier.child(server_service, observed.server_service).await?,
        server_deployment: applier.child(server_deployment, observed.server_deployment).await?,
        client_job: applier.job(client_job, observed.client_job).await?,
    };
    let server_now = resources.server_deployment.as_ref().and_then(template_hash);
    let is_server_changed = server_before.is_some() && server_before != server_now;
    Ok(Outcome {
        resources,
        waiting: applier.waiting,
        job_replaced: applier.job_replaced,
        is_disturbed: applier.job_replaced || is_server_changed,
    })
}

trait Child:
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

struct Applier<'a> {
    tools: Tools<'a>,
    session: &'a Session,
    waiting: bool,
    job_replaced: bool,
}

impl Applier<'_> {
    async fn child<K: Child>(
        &mut self,
        desired: Desired<K>,
        observed: Option<K>,
    ) -> Result<Option<K>, Error> {
        match desired {
            Desired::AsItIs => Ok(observed),
            Desired::Absent => {
                self.remove(observed, &DeleteParams::background()).await?;
                Ok(None)
            }
            Desired::Present(desired) => match self.live(&desired, observed).await? {
                Some(live) if is_terminating(&live) => Ok(self.wait()),
                live => self.write(&desired, live).await.map(Some),
            },
        }
    }

    /// As any child, but most of a Job cannot be changed, and deleting one leaves its pods by default.
    async fn job(&mut self, desired: Desired<Job>, observed: Option<Job>) -> Result<Option<Job>, Error> {
        let desired = match desired {
            Desired::AsItIs => return Ok(observed),
            Desired::Absent => {
                self.remove(observed, &DeleteParams::foreground()).await?;
                return Ok(None);
            }
            Desired::Present(desired) => desired,
        };
        let Some(live) = self.live(&desired, observed).await? else {
            return self.write(&desired, None).await.map(Some);
        };
        if is_terminating(&live) {
            return Ok(self.wait());
        }
        match job::plan(&desired, &live) {
            Plan::Leave => Ok(Some(live)),
            Plan::Apply => self.write(&desired, Some(live)).await.map(Some),
            Plan::Replace => {
                self.remove(Some(live), &DeleteParams::foreground()).await?;
                self.job_replaced = true;
                Ok(self.wait())
            }
        }
    }

    fn wait<K>(&mut self) -> Option<K> {
        self.waiting = true;
        None
    }

    /// What there is under the name of a child. What was not seen may be there all the same, without our labels; and
    /// what was written to since it was seen is another thing by now.
    async fn live<K: Child>(&self, desired: &K, observed: Option<K>) -> Result<Option<K>, Error> {
        let name = desired.name_any();
        let current = observed.filter(|observed| {
            let version = observed.resource_version().unwrap_or_default();
            !self.remember(|memory| memory.is_superseded(&child::<K>(&name), &version))
        });
        let live = match current {
            Some(current) => Some(current),
            None => {
                let read = self.api::<K>().get_opt(&name).await;
                read.map_err(|source| Error::of("read", kind::<K>(), name, source))?
            }
        };
        match live {
            Some(live) if !self.owns(&live) => {
                Err(Error::NameTaken { kind: kind::<K>(), name: live.name_any() })
            }
            live => Ok(live),
        }
    }

    async fn write<K: Child>(&self, desired: &K, live: Option<K>) -> Result<K, Error> {
        let name = desired.name_any();
        let failed = |source| Error::of("apply", kind::<K>(), name.clone(), source);
        let mut patch =
            serde_json::to_value(desired).map_err(|error| failed(kube::Error::SerdeError(error)))?;
        let (child, hash) = (child::<K>(&name), short_hash(&patch));
        difference::stamp(&mut patch, &hash);
        let before = live.as_ref().and_then(ResourceExt::resource_version);
        if let (Some(live), Some(version)) = (&live, &before) {
            let is_known = self.remember(|memory| memory.is_unchanged(&child, version, &hash));
            if is_known || !difference::differs(&patch, live) {
                return Ok(live.clone());
            }
            // Not another object of this name that came in between.
            patch["metadata"]["uid"] = live.uid().map_or(Value::Null, Value::String);
        }

        let params = PatchParams::apply(CONTROLLER_FIELD_MANAGER).force();
        let applied: K =
            self.api::<K>().patch(&name, &params, &Patch::Apply(&patch)).await.map_err(failed)?;
        self.tools.metrics.child_written(&kind::<K>());
        tracing::debug!(%child, "applied");
        if let Some(before) = &before {
            let is_unchanged = applied.resource_version().as_ref() == Some(before);
            self.remember(|memory| match is_unchanged {
                true => memory.unchanged(&child, before, &hash),
                false => memory.supersede(&child, before),
            });
        }
        Ok(applied)
    }

    /// Deletes what is there, if it is ours.
    async fn remove<K: Child>(&mut self, live: Option<K>, params: &DeleteParams) -> Result<(), Error> {
        let Some(live) = live.filter(|live| self.owns(live) && !is_terminating(live)) else { return Ok(()) };
        let only_this = Preconditions { uid: live.uid(), resource_version: None };
        let params = params.clone().preconditions(only_this);
        let name = live.name_any();
        match self.api::<K>().delete(&name, &params).await {
            Ok(_) => {
                self.tools.metrics.child_written(&kind::<K>());
                let version = live.resource_version().unwrap_or_default();
                self.remember(|memory| memory.supersede(&child::<K>(&name), &version));
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(source) => Err(Error::of("delete", kind::<K>(), name, source)),
        }
    }

    fn owns<K: Child>(&self, live: &K) -> bool {
        live.owner_references()
            .iter()
            .any(|owner| owner.uid == self.session.owner.uid && owner.controller == Some(true))
    }

    fn api<K: Child>(&self) -> Api<K> {
        Api::namespaced(self.tools.client.clone(), &self.session.namespace)
    }

    fn remember<T>(&self, f: impl FnOnce(&mut Memory) -> T) -> T {
        let key = Key::new(&self.session.name).within(&self.session.namespace);
        self.tools.memories.with(&key, &self.session.owner.uid, f)
    }
}

/// What the pods of a Deployment are made of, as it is stored.
fn template_hash(deployment: &Deployment) -> Option<String> {
    deployment.metadata.uid.as_ref().map(|uid| short_hash(&(uid, &deployment.spec.template)))
}

/// What a child is remembered by.
fn child<K: Child>(name: &str) -> String {
    format!("{}/{name}", kind::<K>())
}

fn is_terminating<K: Child>(live: &K) -> bool {
    live.meta().deletion_timestamp.is_some()
}

fn kind<K: Child>() -> String {
    K::kind(&()).into_owned()
}
