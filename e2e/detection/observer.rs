//! Looks at a session several times a second, and at a node that is to be lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballsession_e2e::{Session, Snapshot};
use crds::contract::{OBJECTIVES_MET, READY};
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::Api;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::contradiction::contradiction;
use crate::ground::is_ready;
use crate::timeline::{Seen, Timeline};

/// How often.
const STEP: Duration = Duration::from_millis(250);
/// An answer that takes longer is none.
const ANSWER: Duration = Duration::from_secs(2);
/// So many contradictions are kept: the first ones.
const CONTRADICTIONS: usize = 3;

/// Looks until it is dropped.
pub(crate) struct Observer {
    started: Instant,
    timeline: Arc<Mutex<Timeline>>,
    task: JoinHandle<()>,
}

impl Observer {
    /// Begins to look; `node` is the one that is to be lost.
    pub(crate) fn start(client: &Client, session: Session, node: Option<String>) -> Self {
        let started = Instant::now();
        let timeline = Arc::new(Mutex::new(Timeline::default()));
        let nodes: Api<Node> = Api::all(client.clone());
        let shared = timeline.clone();
        let task = tokio::spawn(async move {
            loop {
                let asked = Instant::now();
                if let Ok(Ok(snapshot)) = timeout(ANSWER, session.snapshot()).await {
                    note(&mut lock(&shared), started.elapsed().as_secs_f64(), &snapshot);
                }
                let node = node.as_deref().filter(|_| lock(&shared).node_lost.is_none());
                if let Some(node) = node
                    && let Ok(Ok(node)) = timeout(ANSWER, nodes.get(node)).await
                    && !is_ready(&node)
                {
                    lock(&shared).node_lost = Some(started.elapsed().as_secs_f64());
                }
                sleep(STEP.saturating_sub(asked.elapsed())).await;
            }
        });
        Self { started, timeline, task }
    }

    /// What was seen so far, in seconds since `began`.
    pub(crate) fn timeline(&self, began: Instant) -> Timeline {
        let before = began.saturating_duration_since(self.started).as_secs_f64();
        let after = self.started.saturating_duration_since(began).as_secs_f64();
        lock(&self.timeline).shifted(after - before)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Nobody leaves it half changed, not even who panics.
fn lock(timeline: &Mutex<Timeline>) -> MutexGuard<'_, Timeline> {
    timeline.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(timeline: &mut Timeline, at: f64, snapshot: &Snapshot) {
    for (kind, course) in [(READY, &mut timeline.ready), (OBJECTIVES_MET, &mut timeline.met)] {
        // One of an older spec says nothing of this one.
        if let Ok(condition) = snapshot.condition(kind) {
            let (status, reason, message) = (&condition.status, &condition.reason, &condition.message);
            course.add(at, Seen { status: status.clone(), reason: reason.clone(), message: message.clone() });
        }
    }
    let found = snapshot.status().ok().and_then(|status| contradiction(status, &snapshot.spec().objectives));
    if let Some(found) = found.filter(|_| timeline.contradictions.len() < CONTRADICTIONS) {
        timeline.contradictions.push(found);
    }
}
