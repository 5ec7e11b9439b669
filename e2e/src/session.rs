//! A session in the cluster, and what can be done to it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, DeleteParams, EvictParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::pods::{is_ready, uid};
use crate::{PATIENCE, Part, Snapshot, eventually};

/// How often a session is looked at that must stay as it is.
const STEP: Duration = Duration::from_millis(250);

/// A session in the cluster.
#[derive(Clone)]
pub struct Session {
    /// Its name.
    pub name: String,
    sessions: Api<BallSession>,
    pods: Api<Pod>,
}

impl Session {
    pub(crate) fn new(client: Client, namespace: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            sessions: Api::namespaced(client.clone(), namespace),
            pods: Api::namespaced(client, namespace),
        }
    }

    /// What it is now.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.sessions.get(&self.name).await?.into())
    }

    /// Waits until `check` holds, and returns the session as it was then.
    ///
    /// # Errors
    /// Where it does not within [`PATIENCE`]: with what was awaited and what there is instead.
    pub async fn eventually(&self, what: &str, check: impl Fn(&Snapshot) -> Result<()>) -> Result<Snapshot> {
        self.within(PATIENCE, what, check).await
    }

    /// As [`Session::eventually`], with a limit of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn within(
        &self,
        limit: Duration,
        what: &str,
        check: impl Fn(&Snapshot) -> Result<()>,
    ) -> Result<Snapshot> {
        eventually(limit, what, async || {
            let snapshot = self.snapshot().await?;
            check(&snapshot).with_context(|| snapshot.to_string())?;
            Ok(snapshot)
        })
        .await
    }

    /// Watches that `check` goes on to hold for some time.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stays(
        &self,
        time: Duration,
        what: &str,
        check: impl Fn(&Snapshot) -> Result<()>,
    ) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let snapshot = self.snapshot().await?;
            check(&snapshot).with_context(|| format!("not for {time:?}: {what}: {snapshot}"))?;
            sleep(STEP).await;
        }
        Ok(())
    }

    /// Waits until media flows to so many clients and the numbers are good enough.
    ///
    /// # Errors
    /// Where that does not come within [`PATIENCE`].
    pub async fn works_with(&self, clients: i32) -> Result<Snapshot> {
        let what = format!("{} works with {clients} clients", self.name);
        self.eventually(&what, |snapshot| snapshot.works_with(clients)).await
    }

    /// Changes fields of its spec.
    ///
    /// # Errors
    /// Where the cluster refuses that.
    pub async fn change(&self, spec: &Value) -> Result<()> {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.sessions.patch(&self.name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Its pods of a part, those that end included.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub async fn pods(&self, part: Part) -> Result<Vec<Pod>> {
        let selected = ListParams::default().labels(&part.selector(&self.name));
        Ok(self.pods.list(&selected).await?.items)
    }

    /// The UIDs of its clients' pods, in order: which ones they are.
    ///
    /// # Errors
    /// Where pods cannot be read.
    pub async fn client_uids(&self) -> Result<Vec<String>> {
        let mut uids: Vec<_> = self.pods(Part::Client).await?.iter().map(|pod| uid(pod).to_owned()).collect();
        uids.sort();
        Ok(uids)
    }

    /// The one pod of a part, once it is ready.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn ready_pod(&self, part: Part) -> Result<Pod> {
        self.ready_pod_but(part, "").await
    }

    /// The one pod of a part that has another UID than `gone`, once it is ready.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn ready_pod_but(&self, part: Part, gone: &str) -> Result<Pod> {
        let what = format!("a ready {} pod of {}", part.as_str(), self.name);
        eventually(PATIENCE, &what, async || {
            let pods = self.pods(part).await?;
            let [pod] = &pods[..] else { anyhow::bail!("there are {} pods", pods.len()) };
            ensure!(is_ready(pod), "it is not ready");
            ensure!(uid(pod) != gone, "it still is the old one");
            Ok(pod.clone())
        })
        .await
    }

    /// Drains a pod as `kubectl drain` does: it is told to end, and has its grace period.
    ///
    /// # Errors
    /// Where the cluster refuses that.
    pub async fn evict(&self, pod: &Pod) -> Result<()> {
        self.pods.evict(name(pod), &EvictParams::default()).await?;
        Ok(())
    }

    /// Kills a pod without a warning.
    ///
    /// # Errors
    /// Where the cluster refuses that.
    pub async fn kill(&self, pod: &Pod) -> Result<()> {
        self.pods.delete(name(pod), &DeleteParams::default().grace_period(0)).await?;
        Ok(())
    }

    /// Deletes the session.
    ///
    /// # Errors
    /// Where the cluster refuses that.
    pub async fn delete(&self) -> Result<()> {
        self.sessions.delete(&self.name, &DeleteParams::default()).await?;
        Ok(())
    }
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}
