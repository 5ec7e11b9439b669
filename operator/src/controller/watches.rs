//! Everything the operator watches, kept in memory: sessions, their children and their pods.
//!
//! A change of any of them triggers the session that it belongs to: children by their owner, pods, whose owners are
//! not the session itself, by their label. After a break in a watch every session is triggered, because a deletion
//! may have been missed.

use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;

use crds::BallSession;
use futures_util::{Stream, StreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::Api;
use kube::core::DeserializeGuard;
use kube::runtime::WatchStreamExt;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::controller::first_sync::{FirstSync, Tracker};
use crate::controller::labels;
use crate::controller::pod_index::PodIndex;
use crate::controller::triggers::Triggers;

/// A stored session, which may be none: one that cannot be decoded must not stop the others.
pub type Guard = DeserializeGuard<BallSession>;

/// Names a session.
pub type Key = ObjectRef<Guard>;

/// Load balancers drop connections on which nothing came for 240 s.
const WATCH_SECONDS: u32 = 200;

/// Where to look for sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In all namespaces.
    All,
    /// In this one.
    Namespace(String),
}

/// What others may look at as well.
#[derive(Clone)]
pub struct Stores {
    /// All sessions.
    pub sessions: Store<Guard>,
    /// The pods of all sessions.
    pub pods: Store<Pod>,
}

/// The children of all sessions.
pub(super) struct Children {
    pub(super) deployments: Store<Deployment>,
    pub(super) services: Store<Service>,
    pub(super) service_accounts: Store<ServiceAccount>,
    pub(super) jobs: Store<Job>,
    pub(super) network_policies: Store<NetworkPolicy>,
}

/// The watches under way. They end when this is dropped.
pub struct Watches {
    pub(super) stores: Stores,
    pub(super) children: Children,
    pub(super) triggers: Arc<Triggers>,
    pods: Arc<PodIndex>,
    first_sync: FirstSync,
    _tasks: JoinSet<()>,
}

impl Watches {
    /// Which watches have had their first answer.
    pub fn first_sync(&self) -> FirstSync {
        self.first_sync.clone()
    }

    /// The pods with the labels of a session.
    pub(super) fn pods_of(&self, session: &Key) -> Vec<Arc<Pod>> {
        let named = self.pods.pods_of(session).into_iter().filter_map(|pod| self.stores.pods.get(&pod));
        named.filter(|pod| session_by_label(&**pod).as_ref() == Some(session)).collect()
    }
}

/// Starts all watches. They go on whatever happens; [`Watches::first_sync`] tells whether there is something to be had from
/// them yet.
pub fn start(client: &Client, scope: &Scope) -> (Watches, Stores) {
    let (sessions, sessions_writer) = reflector::store();
    let (tracker, first_sync) = Tracker::new();
    let mut starter = Starter {
        client: client.clone(),
        scope: scope.clone(),
        sessions: sessions.clone(),
        triggers: Arc::default(),
        tracker,
        tasks: JoinSet::new(),
    };
    let all = watcher::Config::default().timeout(WATCH_SECONDS);
    starter.watch(sessions_writer, &all, |session: &Guard| Some(ObjectRef::from_obj(session)), |_| ());
    let ours = all.labels(&format!("{}={}", labels::MANAGED_BY, labels::OPERATOR));
    let (pods, pods_writer) = reflector::store();
    let index = Arc::new(PodIndex::default());
    starter.watch(pods_writer, &ours, session_by_label::<Pod>, {
        let (index, pods) = (Arc::clone(&index), pods.clone());
        move |event| index.follow(event, |pod| pods.get(pod).is_some())
    });
    let children = Children {
        deployments: starter.watch_children(&ours, session_of),
        services: starter.watch_children(&ours, session_of),
        service_accounts: starter.watch_children(&ours, session_of),
        jobs: starter.watch_children(&ours, session_of),
        network_policies: starter.watch_children(&ours, session_of),
    };
    let stores = Stores { sessions, pods };
    let Starter { triggers, tasks, .. } = starter;
    (Watches { stores: stores.clone(), children, triggers, pods: index, first_sync, _tasks: tasks }, stores)
}

struct Starter {
    client: Client,
    scope: Scope,
    sessions: Store<Guard>,
    triggers: Arc<Triggers>,
    tracker: Tracker,
    tasks: JoinSet<()>,
}

impl Starter {
    fn watch_children<K: Watched>(
        &mut self,
        config: &watcher::Config,
        session_of: fn(&K) -> Option<Key>,
    ) -> Store<K> {
        let (store, writer) = reflector::store();
        self.watch(writer, config, session_of, |_| ());
        store
    }

    fn watch<K: Watched>(
        &mut self,
        writer: reflector::store::Writer<K>,
        config: &watcher::Config,
        session_of: fn(&K) -> Option<Key>,
        follow: impl Fn(&Event<K>) + Send + 'static,
    ) {
        let client = self.client.clone();
        let api: Api<K> = match &self.scope {
            Scope::All => Api::all(client),
            Scope::Namespace(namespace) => Api::namespaced(client, namespace),
        };
        let (triggers, sessions) = (Arc::clone(&self.triggers), self.sessions.clone());
        let report = self.tracker.watch(&K::plural(&()));
        let events = watcher(api, config.clone()).reflect(writer).default_backoff();
        self.tasks.spawn(each(events, move |event| {
            let event = match event {
                Ok(event) => event,
                Err(error) => return report.failed(&error),
            };
            // Whoever is triggered finds it done.
            follow(&event);
            match event {
                Event::Apply(object) | Event::Delete(object) => triggers.extend(session_of(&object)),
                Event::Init | Event::InitApply(_) => {}
                Event::InitDone => {
                    report.synced();
                    triggers.extend(sessions.state().iter().map(|session| ObjectRef::from_obj(&**session)));
                }
            }
        }));
    }
}

async fn each<K>(
    events: impl Stream<Item = watcher::Result<Event<K>>>,
    mut take: impl FnMut(watcher::Result<Event<K>>),
) {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        take(event);
    }
}

trait Watched:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + DeserializeOwned
    + Debug
    + Send
    + Sync
    + 'static
{
}

impl<K> Watched for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Debug
        + Send
        + Sync
        + 'static
{
}

/// The session that owns a child. Where somebody took the owner away, the label still tells.
fn session_of<K: Watched>(child: &K) -> Option<Key> {
    let owner = child.owner_references().iter().find_map(|owner| {
        ObjectRef::<BallSession>::from_owner_ref(child.meta().namespace.as_deref(), owner, ())
    });
    owner.map(|owner| owner.into_kind_unchecked(())).or_else(|| session_by_label(child))
}

/// The session that a label names.
pub(super) fn session_by_label<K: Resource>(object: &K) -> Option<Key> {
    let name = object.labels().get(labels::INSTANCE)?;
    Some(ObjectRef::new(name).within(object.meta().namespace.as_deref()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn service(metadata: &Value) -> Service {
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    fn owner(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": kind, "name": name, "uid": "1"})
    }

    #[test]
    fn children_name_their_session_as_owner_or_by_label() {
        let harbor = Some(Key::new("harbor").within("lighthouse"));
        let owned =
            service(&json!({"namespace": "lighthouse", "ownerReferences": [owner("BallSession", "harbor")]}));
        assert_eq!(session_of(&owned), harbor);
        let labelled = service(&json!({
            "namespace": "lighthouse", "labels": {"app.kubernetes.io/instance": "harbor"},
            "ownerReferences": [owner("Other", "pier")]
        }));
        assert_eq!(session_of(&labelled), harbor);
        assert_eq!(session_of(&service(&json!({"namespace": "lighthouse"}))), None);
    }
}
