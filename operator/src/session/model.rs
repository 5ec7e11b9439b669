//! A session that makes sense.

use std::time::Duration;

use crds::{BallSessionSpec, MediaPath, RelayPlace};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt;

use crate::run::{Drill, Drilled, RunStage, WantedClients};
use crate::session::labels::Component;
use crate::session::names;
use crate::session::owner::controller;

/// A session whose values were all validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its name; with `-server` and the like behind it, that of its children.
    pub name: String,
    /// Where it and its children are.
    pub namespace: String,
    /// Makes a child go with it.
    pub owner: OwnerReference,
    /// What is asked for; all numbers are within their ranges.
    pub spec: BallSessionSpec,
    /// The clients that it is to have.
    pub clients: WantedClients,
    /// The length of a bounded run.
    pub duration: Option<Duration>,
    /// Within this time every client of a bounded run must have had media.
    pub start_deadline: Duration,
    /// How long the session stays after its run has ended, where that is limited.
    pub ttl_after_finished: Option<Duration>,
    /// The time over which a running session is judged.
    pub window: Duration,
    /// What counts as good.
    pub objectives: measure::Objectives,
    /// Names what is measured: a session with another one is another run.
    pub run_hash: String,
    /// What the run is called, if it is.
    pub run_name: Option<String>,
    /// What it measures, in words.
    pub measured: String,
    /// What the run needs now.
    pub stage: RunStage,
    /// Where the TURN server is that media goes by, where it does.
    pub relay: Option<RelayPlace>,
    /// What is to happen to its server, once in a run.
    pub drill: Option<Drill>,
    /// That this has happened, in the run that is asked for.
    pub drilled: Option<Drilled>,
}

impl Session {
    /// Whether an object is a child of it.
    pub fn owns(&self, child: &impl ResourceExt) -> bool {
        controller(child.meta()).is_some_and(|owner| owner.uid == self.owner.uid)
    }

    /// The run that clients are made for; `None` without an end to it, as they just connect to its next server then.
    pub fn clients_run(&self) -> Option<&str> {
        self.duration.map(|_| self.run_hash.as_str())
    }

    /// The name of the server's objects, and by which clients find it.
    pub fn server_name(&self) -> String {
        self.child_name(Component::Server)
    }

    /// The name of the clients' objects; a client's own is `<this>-<index>`.
    pub fn client_name(&self) -> String {
        self.child_name(Component::Client)
    }

    /// The way that media is to take, with its family of addresses where one is asked for; `None` where neither is.
    pub fn path_name(&self) -> Option<String> {
        let path = self.spec.path;
        match self.spec.ip_family {
            Some(family) => Some(format!("{} {}", path.as_str(), family.as_str())),
            None => (path != MediaPath::default()).then(|| path.as_str().to_owned()),
        }
    }

    /// The name of the children of a part.
    pub fn child_name(&self, component: Component) -> String {
        names::child_name(&self.name, component)
    }
}
