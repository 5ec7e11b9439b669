//! Everything the operator watches, kept in memory: sessions, their children and their pods, and nodes.
//!
//! A change of any of them enqueues the session that it belongs to: children by their owner, pods, whose owners are
//! not the session itself, by their label. After a break in a watch every session is enqueued, because a deletion
//! may have been missed.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::Placement;
use futures_util::{Stream, StreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use kube::api::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event};
use kube::{Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::clients::KnownNodes;
use crate::cluster::first_sync::{self, FirstSync, Report, Tracker};
use crate::cluster::inventory::{Inventory, is_forbidden};
use crate::cluster::kept::Kept;
use crate::cluster::keys::{Guard, Key};
use crate::cluster::metrics::Metrics;
use crate::cluster::nodes::{LostNode, Nodes};
use crate::cluster::owners::{session_by_label, session_of};
use crate::cluster::pending::PendingSessions;
use crate::cluster::pod_index::PodIndex;
use crate::cluster::scope::Scope;
use crate::cluster::stores::{Children, Stores};
use crate::cluster::trim::{trim_child, trim_pod, trim_replica_set, trim_session};
use crate::cluster::watching::{self, Pauses, watched};
use crate::failing::Failing;
use crate::session::labels;
use crate::session::pod::node;

/// The watches under way. They end when this is dropped.
pub struct Watches {
    pub(crate) stores: Stores,
    pub(crate) children: Children,
    pub(crate) pending: Arc<PendingSessions>,
    pods: Arc<PodIndex>,
    nodes: Arc<Nodes>,
    inventory: Arc<Inventory>,
    first_sync: FirstSync,
    _tasks: JoinSet<()>,
}

impl Watches {
    /// Which watches have had their first answer.
    pub fn first_sync(&self) -> FirstSync {
        self.first_sync.clone()
    }

    /// The authorities that all sessions were given.
    pub fn config_maps(&self) -> Store<Kept<ConfigMap>> {
        self.children.config_maps.clone()
    }

    /// What is measured of them.
    pub fn metrics(&self) -> Metrics {
        Metrics { watches: self.first_sync.clone(), pending: Arc::clone(&self.pending) }
    }

    /// What is said of a node that is not ready; `None` of one that is, or that nothing is known of.
    pub(crate) fn lost_node(&self, node: &str) -> Option<LostNode> {
        self.nodes.lost(node)
    }

    /// All nodes for workloads that are not ready, by name.
    pub(crate) fn lost_nodes(&self) -> BTreeMap<String, LostNode> {
        self.nodes.all_lost()
    }

    /// For how long a node has not been ready at `now`; `None` of one that is, or that nothing is known of.
    pub(crate) fn not_ready_for(&self, node: &str, now: Instant) -> Option<Duration> {
        self.nodes.not_ready_for(node, now)
    }

    /// All nodes, as far as it matters to who may run there.
    pub(crate) fn known_nodes(&self) -> KnownNodes {
        self.inventory.known()
    }

    /// The pods with the labels of a session.
    pub(crate) fn pods_of(&self, session: &Key) -> Vec<Arc<Pod>> {
        let named = self.pods.pods_of(session).into_iter();
        let known = named.filter_map(|pod| self.stores.pods.get(&kept_ref(&pod))?.object());
        known.filter(|pod| session_by_label(pod).as_ref() == Some(session)).map(Arc::new).collect()
    }
}

/// Follows the nodes. Where these may not be read, as by an operator of one namespace, all else works without, and that is said
/// once.
async fn watch_nodes(
    client: Client,
    (nodes, inventory): (Arc<Nodes>, Arc<Inventory>),
    report: Report,
    stores: Stores,
    pending: Arc<PendingSessions>,
) {
    let forbidden = Failing::default();
    let events = watched(Api::<Node>::all(client), watching::config()).backoff(Pauses::default());
    each(events, move |event| match event {
        Ok(event) => {
            // The first is the watch's own: that it is about to ask.
            if !matches!(event, Event::Init) {
                forbidden.worked();
                report.works();
            }
            let changed = nodes.follow(&event, Instant::now());
            if !changed.is_empty() {
                pending.enqueue(on_nodes(&stores.pods, &changed));
            }
            if inventory.follow(&event) {
                pending.enqueue(placed_by_nodes(&stores.sessions));
            }
        }
        Err(error) => {
            if inventory.failed(&error) {
                pending.enqueue(placed_by_nodes(&stores.sessions));
            }
            if !is_forbidden(&error) {
                report.failed(&error, Instant::now());
            } else if forbidden.failed() {
                let error = first_sync::describe(&error);
                tracing::warn!(
                    %error,
                    "nodes cannot be watched: clients on a node that is lost are replaced only when Kubernetes deletes their \
                     pods, and the placement EachNode does not work"
                );
            }
        }
    })
    .await;
}

/// The sessions with pods on these nodes.
fn on_nodes(pods: &Store<Kept<Pod>>, nodes: &[String]) -> Vec<Key> {
    let is_there = |pod: &Pod| node(pod).is_some_and(|node| nodes.iter().any(|name| name == node));
    let is_mentioned = |kept: &Arc<Kept<Pod>>| nodes.iter().any(|name| kept.mentions(name));
    let pods = pods.state().into_iter().filter(is_mentioned).filter_map(|kept| kept.object());
    pods.filter(is_there).filter_map(|pod| session_by_label(&pod)).collect()
}

/// What a pod is kept under.
fn kept_ref(pod: &ObjectRef<Pod>) -> ObjectRef<Kept<Pod>> {
    pod.clone().into_kind_unchecked(())
}

/// The sessions whose placement depends on what nodes there are.
fn placed_by_nodes(sessions: &Store<Guard>) -> Vec<Key> {
    let is_placed = |session: &&Arc<Guard>| {
        let placement = session.0.as_ref().ok().map(|session| session.spec.placement);
        matches!(placement, Some(Placement::EachNode | Placement::CrossZone))
    };
    sessions.state().iter().filter(is_placed).map(|session| ObjectRef::from_obj(&**session)).collect()
}

/// Starts all watches. They go on whatever happens; [`Watches::first_sync`] has whether everything is in memory yet.
pub fn watch(client: &Client, scope: &Scope) -> (Watches, Stores) {
    let (sessions, sessions_writer) = reflector::store();
    let (tracker, first_sync) = Tracker::new();
    let mut starter = Starter {
        client: client.clone(),
        scope: scope.clone(),
        sessions: sessions.clone(),
        pending: Arc::default(),
        tracker,
        tasks: JoinSet::new(),
    };
    let all = watching::config();
    let session_itself = |session: &Guard| Some(ObjectRef::from_obj(session));
    starter.watch((sessions_writer, Clone::clone), &all, session_itself, trim_session, |_| ());
    let ours = all.labels(&format!("{}={}", labels::MANAGED_BY, labels::OPERATOR));
    let (pods, pods_writer) = reflector::store();
    let index = Arc::new(PodIndex::default());
    let follow = {
        let (index, pods) = (Arc::clone(&index), pods.clone());
        move |event: &Event<Pod>| index.follow(event, |pod| pods.get(&kept_ref(pod)).is_some())
    };
    starter.watch((pods_writer, Kept::of), &ours, session_by_label::<Pod>, trim_pod, follow);
    let children = Children {
        deployments: starter.watch_children(&ours, session_of),
        services: starter.watch_children(&ours, session_of),
        service_accounts: starter.watch_children(&ours, session_of),
        config_maps: starter.watch_children(&ours, session_of),
        jobs: starter.watch_children(&ours, session_of),
        network_policies: starter.watch_children(&ours, session_of),
    };
    let (nodes, inventory) = (Arc::new(Nodes::default()), Arc::new(Inventory::default()));
    // They only lead from a server's pod to its Deployment: what happens to them is seen of the other two.
    let (replica_sets, sets_writer) = reflector::store();
    starter.watch((sets_writer, Kept::of), &ours, |_| None, trim_replica_set, |_| ());
    let Starter { pending, tracker, mut tasks, .. } = starter;
    let (deployments, jobs) = (children.deployments.clone(), children.jobs.clone());
    let stores = Stores { scope: scope.clone(), sessions, pods, deployments, replica_sets, jobs };
    let followed = (Arc::clone(&nodes), Arc::clone(&inventory));
    let report = tracker.watch_besides(&Node::plural(&()));
    tasks.spawn(watch_nodes(client.clone(), followed, report, stores.clone(), Arc::clone(&pending)));
    let watches = Watches {
        stores: stores.clone(),
        children,
        pending,
        pods: index,
        nodes,
        inventory,
        first_sync,
        _tasks: tasks,
    };
    (watches, stores)
}

struct Starter {
    client: Client,
    scope: Scope,
    sessions: Store<Guard>,
    pending: Arc<PendingSessions>,
    tracker: Tracker,
    tasks: JoinSet<()>,
}

impl Starter {
    fn watch_children<K: Watched + Serialize>(
        &mut self,
        config: &watcher::Config,
        session_of: fn(&K) -> Option<Key>,
    ) -> Store<Kept<K>> {
        let (store, writer) = reflector::store();
        self.watch((writer, Kept::of), config, session_of, trim_child, |_| ());
        store
    }

    /// Watches objects, each of which is kept as `keep` makes it.
    fn watch<K: Watched, S>(
        &mut self,
        (mut writer, keep): (reflector::store::Writer<S>, fn(&K) -> S),
        config: &watcher::Config,
        session_of: fn(&K) -> Option<Key>,
        trim: fn(&mut K),
        follow: impl Fn(&Event<K>) + Send + 'static,
    ) where
        S: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    {
        let client = self.client.clone();
        let api: Api<K> = match &self.scope {
            Scope::All => Api::all(client),
            Scope::Namespace(namespace) => Api::namespaced(client, namespace),
        };
        let (pending, sessions) = (Arc::clone(&self.pending), self.sessions.clone());
        let report = self.tracker.watch(&K::plural(&()));
        let events = watched(api, config.clone()).modify(trim).backoff(Pauses::default());
        self.tasks.spawn(each(events, move |event| {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    report.failed(&error, Instant::now());
                    return;
                }
            };
            // The first is the watch's own: that it is about to ask.
            if !matches!(event, Event::Init) {
                report.works();
            }
            // Whoever takes the session finds it done.
            writer.apply_watcher_event(&kept(&event, keep));
            follow(&event);
            match event {
                Event::Apply(object) | Event::Delete(object) => pending.enqueue(session_of(&object)),
                Event::Init | Event::InitApply(_) => {}
                Event::InitDone => {
                    report.synced();
                    pending.enqueue(sessions.state().iter().map(|session| ObjectRef::from_obj(&**session)));
                }
            }
        }));
    }
}

/// What happened, to objects as they are kept.
fn kept<K, S>(event: &Event<K>, keep: fn(&K) -> S) -> Event<S> {
    match event {
        Event::Apply(object) => Event::Apply(keep(object)),
        Event::Delete(object) => Event::Delete(keep(object)),
        Event::Init => Event::Init,
        Event::InitApply(object) => Event::InitApply(keep(object)),
        Event::InitDone => Event::InitDone,
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
