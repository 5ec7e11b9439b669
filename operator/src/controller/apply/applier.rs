//! Makes a child in the cluster what it shall be: by server-side apply, and only where something differs.

use std::time::{Duration, Instant};

use crds::contract::CONTROLLER_FIELD_MANAGER;
use kube::api::{Api, DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Client, ResourceExt};
use serde_json::Value;

use crate::backoff::Backoff;
use crate::cluster::Key;
use crate::controller::apply::admitted::{fingerprint, is_as_created, keep_immutable, without_spec};
use crate::controller::apply::attempt::{Attempt, Child, Done, child, is_terminating, kind};
use crate::controller::apply::contests::changed_by;
use crate::controller::apply::difference;
use crate::controller::apply::error::Error;
use crate::controller::apply::remade::has_to_be_remade;
use crate::controller::memory::{Memories, Memory};
use crate::controller::metrics::Metrics;
use crate::controller::resources::Desired;
use crate::session::{Session, short_hash};

/// How long one child may take: longer than the API server waits for a webhook by default, so that it can say which one did
/// not answer; and two after the other fit into a reconcile.
const CHILD_LIMIT: Duration = Duration::from_secs(12);

/// What apply works with.
pub(in crate::controller) struct Tools<'a> {
    pub(in crate::controller) client: &'a Client,
    pub(in crate::controller) memories: &'a Memories,
    pub(in crate::controller) metrics: &'a Metrics,
    pub(in crate::controller) retry: Backoff,
}

/// Makes the children of one session.
pub(super) struct Applier<'a> {
    pub(super) tools: Tools<'a>,
    pub(super) session: &'a Session,
}

impl Applier<'_> {
    /// Makes a child what it shall be.
    pub(super) async fn child<K: Child>(&self, desired: Desired<K>, observed: Option<K>) -> Done<K> {
        let attempt = Attempt::of(&desired, observed.as_ref());
        let found = observed.clone();
        let make = async {
            match desired {
                Desired::AsItIs => Ok(Done::of(observed)),
                Desired::Absent => {
                    self.remove(observed, &DeleteParams::background()).await?;
                    Ok(Done::of(None))
                }
                Desired::Present(desired) => match self.live(&desired, observed).await? {
                    Some(live) if is_terminating(&live) => Ok(Done::waiting()),
                    Some(live) if has_to_be_remade(&live, &desired) => {
                        self.remove(Some(live), &DeleteParams::background()).await?;
                        Ok(Done::waiting())
                    }
                    live => Ok(Done::of(Some(self.write(&desired, live).await?))),
                },
            }
        };
        self.paced(attempt, found, make).await
    }

    /// Does what `make` does to a child, within its time, and not again too soon where it was refused.
    async fn paced<K: Child>(
        &self,
        Attempt { name, key, asked }: Attempt,
        found: Option<K>,
        make: impl Future<Output = Result<Done<K>, Error>>,
    ) -> Done<K> {
        let found = found.filter(|found| self.session.owns(found));
        if let Some(error) = self.remember(|memory| memory.refusals.holds(&key, &asked, Instant::now())) {
            return Done { refused: Some((error, false)), ..Done::of(found) };
        }
        let made = tokio::time::timeout(CHILD_LIMIT, Box::pin(make)).await;
        let error = match made {
            Ok(Ok(done)) => {
                self.remember(|memory| memory.refusals.done(&key));
                return done;
            }
            Ok(Err(error)) => error,
            Err(_) => {
                let message = format!("no answer within {} s", CHILD_LIMIT.as_secs());
                Error::Refused { verb: "apply", kind: kind::<K>(), name, message }
            }
        };
        let (retry, random) = (self.tools.retry, fastrand::f64());
        self.remember(|memory| {
            memory.refusals.refused(&key, asked, error.clone(), retry, Instant::now(), random);
        });
        Done { refused: Some((error, true)), ..Done::of(found) }
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
                read.map_err(|source| Error::of("read", kind::<K>(), name, &source))?
            }
        };
        match live {
            Some(live) if !self.session.owns(&live) => {
                Err(Error::NameTaken { kind: kind::<K>(), name: live.name_any() })
            }
            live => Ok(live),
        }
    }

    async fn write<K: Child>(&self, desired: &K, live: Option<K>) -> Result<K, Error> {
        let name = desired.name_any();
        let failed = |source: kube::Error| Error::of("apply", kind::<K>(), name.clone(), &source);
        let mut patch =
            serde_json::to_value(desired).map_err(|error| failed(kube::Error::SerdeError(error)))?;
        let (child, hash) = (child::<K>(&name), short_hash(&patch));
        difference::stamp(&mut patch, &hash);
        let before = live.as_ref().and_then(ResourceExt::resource_version);
        if let Some(live) = &live {
            keep_immutable(&mut patch, live);
            let is_different = match is_as_created(live, &hash) {
                true => difference::differs_beside_spec(&without_spec(&patch), live),
                false => difference::differs(&patch, live),
            };
            let is_known = || self.remember(|memory| memory.is_unchanged(&child, &fingerprint(live), &hash));
            let now = Instant::now();
            if !is_different || is_known() {
                let contested = self.remember(|memory| memory.contests.rests(&child, &hash, now));
                return contested.map_or_else(|| Ok(live.clone()), |by| Err(contested_by::<K>(name, by)));
            }
            let by = changed_by(live, &hash);
            if let Some(by) = self.remember(|memory| memory.contests.differs(&child, &hash, &by, now)) {
                return Err(contested_by::<K>(name, by));
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
                true => memory.unchanged(&child, &fingerprint(&applied), &hash),
                false => memory.supersede(&child, before),
            });
        }
        let contested = self.remember(|memory| memory.contests.applied(&child, &hash, Instant::now()));
        contested.map_or(Ok(applied), |by| Err(contested_by::<K>(name, by)))
    }

    /// Deletes what is there, if it is ours.
    async fn remove<K: Child>(&self, live: Option<K>, params: &DeleteParams) -> Result<(), Error> {
        let Some(live) = live.filter(|live| self.session.owns(live) && !is_terminating(live)) else {
            return Ok(());
        };
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
            Err(source) => Err(Error::of("delete", kind::<K>(), name, &source)),
        }
    }

    fn api<K: Child>(&self) -> Api<K> {
        Api::namespaced(self.tools.client.clone(), &self.session.namespace)
    }

    /// Calls `f` with what is remembered of the session.
    pub(super) fn remember<T>(&self, f: impl FnOnce(&mut Memory) -> T) -> T {
        let key = Key::new(&self.session.name).within(&self.session.namespace);
        self.tools.memories.with(&key, &self.session.owner.uid, f)
    }
}

fn contested_by<K: Child>(name: String, by: String) -> Error {
    Error::Contested { kind: kind::<K>(), name, by }
}
