//! What the pods of a session are made of, and which of them stay as another version of the operator made them.

use std::sync::Arc;

use crds::contract::APPLIED_HASH_ANNOTATION;
use crds::{BallSessionStatus, PartTemplates, PodTemplates};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;

use crate::clients::ClientPod;
use crate::controller::build::ClientPods;
use crate::controller::resources::{Desired, Observed, Prepared, Resources};
use crate::controller::session_ref::SessionRef;
use crate::run::{
    Adoption, Move, PartFacts, RunStage, has_turn, is_outdated, moved, part_templates, stored_run,
};
use crate::session::{Session, clients_asked, server_asked, short_hash};
use crate::timestamps::stored_time;

#[cfg(test)]
pub(super) mod tests;

/// A template of which nothing is known but that it is another one.
const UNKNOWN: &str = "unknown";

/// What the pods of a session are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Templates {
    /// Of each part, those of its pods that stay; `None` of one that is as a version before made it.
    known: PodTemplates,
    asked: Asked,
    /// What this operator makes of it.
    built: Built,
    /// The server that runs is made of something else than this operator makes of what is asked for.
    pub(super) keeps_server: bool,
    /// It had its turn to move: whatever of its pods is another version's is made anew now.
    pub(super) has_turn: bool,
}

/// Hashes of what is asked for of the pods.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    server: String,
    clients: String,
}

/// Hashes of the templates of a session's pods as this operator makes them; `None` of a part that it leaves alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Built {
    server: Option<String>,
    clients: Option<String>,
}

/// What there is of a session.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// Its children.
    pub(super) resources: &'a Resources<Observed>,
    /// Its pods.
    pub(super) pods: &'a [Arc<Pod>],
    /// What of it stays as a version with Jobs made it.
    pub(super) adoption: Adoption,
}

impl Templates {
    /// Those of a session of which there is what was `found`, and of which this operator makes what is `prepared`, and `clients`.
    pub(super) fn of(
        session_ref: &SessionRef,
        session: &Session,
        stored: &BallSessionStatus,
        found: Found<'_>,
        prepared: &Resources<Prepared>,
        clients: ClientPods<'_>,
    ) -> Self {
        let run = stored_run(stored, &session.run_hash);
        let known = run.and_then(|run| run.pod_templates.clone()).unwrap_or_default();
        let has_turn = has_turn(&known);
        let is_current = run.is_some() && stored.observed_generation == session_ref.generation;
        let part = |stored: Option<&PartTemplates>, found: Option<&str>, asked: &str, built: &str| {
            part_templates(&PartFacts { stored, found, is_current, asked, built })
        };
        let asked = Asked { server: server_asked(&session.spec), clients: clients_asked(&session.spec) };
        let runs = found.resources.server_deployment.as_ref().filter(|server| runs(server, session));
        let desired = match &prepared.server_deployment {
            Desired::Present(desired) if !found.adoption.is_any() => Some(desired),
            _ => None,
        };
        let built = Built {
            server: desired.map(|desired| short_hash(&desired.spec.template)),
            clients: (found.adoption != Adoption::Whole).then(|| clients.hash()),
        };
        let server = desired.zip(built.server.as_deref()).map(|(desired, built)| {
            let found = runs.map(|live| found_server(live, desired, built));
            part(known.server.as_ref(), found.as_deref(), &asked.server, built)
        });
        let of_clients = built.clients.as_deref().map(|built| {
            let newest = newest_client(found.pods, session);
            part(known.clients.as_ref(), newest.as_deref(), &asked.clients, built)
        });
        let is_kept = server.as_ref().is_some_and(|server| server.hashes.first() != built.server.as_ref());
        let keeps_server = is_kept && runs.is_some() && session.stage == RunStage::Active;
        let known = PodTemplates { server, clients: of_clients, moved_at: known.moved_at };
        Self { known, asked, built, keeps_server, has_turn }
    }

    /// The same, where this process has not `made` the pods of these templates before. Where it has, and they are another
    /// version's again, no upgrade did that: it insists, so that whoever changes them back is named.
    pub(super) fn unless_made(mut self, made: &mut Option<Built>) -> Self {
        if !self.are_outdated() {
            *made = Some(self.built.clone());
        } else if made.as_ref() == Some(&self.built) {
            let only = |part: &mut Option<PartTemplates>, built: &Option<String>| {
                if let (Some(part), Some(built)) = (part, built) {
                    part.hashes = vec![built.clone()];
                }
            };
            only(&mut self.known.server, &self.built.server);
            only(&mut self.known.clients, &self.built.clients);
            self.keeps_server = false;
        }
        self
    }

    /// Whether pods may be of another version's templates.
    pub(super) fn are_outdated(&self) -> bool {
        self.known.server.iter().chain(&self.known.clients).any(is_outdated)
    }

    /// What the pods of its clients may be made of.
    pub(super) fn of_clients(&self) -> &[String] {
        self.known.clients.as_ref().map_or(&[], |clients| &clients.hashes)
    }

    /// Names what its pods are made of: what they began with, where they stay so.
    pub(super) fn names(&self) -> [Option<&str>; 2] {
        [&self.known.server, &self.known.clients]
            .map(|part| part.as_ref().and_then(|part| part.hashes.first()).map(String::as_str))
    }

    /// As they are to be stored.
    pub(super) fn to_store(&self, session: &Session, moves: Move, time: Timestamp) -> PodTemplates {
        if moves != Move::Now {
            // Of a session that is suspended nothing is interrupted: nobody waits for it.
            let moves = self.has_turn && session.stage == RunStage::Active;
            let moved_at = moves.then(|| stored_time(time)).or_else(|| self.known.moved_at.clone());
            return PodTemplates { moved_at, ..self.known.clone() };
        }
        let part = |part: &Option<PartTemplates>, asked: &str| match part {
            Some(part) => moved(part),
            None => PartTemplates { asked: asked.to_owned(), ..PartTemplates::default() },
        };
        PodTemplates {
            server: Some(part(&self.known.server, &self.asked.server)),
            clients: Some(part(&self.known.clients, &self.asked.clients)),
            moved_at: self.known.moved_at.clone(),
        }
    }
}

/// Whether a Deployment of a session's own has a pod, or is to have one.
fn runs(server: &Deployment, session: &Session) -> bool {
    session.owns(server) && server.metadata.deletion_timestamp.is_none() && server.spec.replicas == Some(1)
}

/// The template of a server that a version made which did not store it: this operator's, where it would ask for the same.
fn found_server(live: &Deployment, desired: &Deployment, built: &str) -> String {
    match live.annotations().get(APPLIED_HASH_ANNOTATION) {
        Some(stamp) if *stamp == short_hash(&json!(desired)) => built.to_owned(),
        Some(stamp) => stamp.clone(),
        None => UNKNOWN.to_owned(),
    }
}

/// The template of the client's pod that was made last.
fn newest_client(pods: &[Arc<Pod>], session: &Session) -> Option<String> {
    let (uid, name) = (&session.owner.uid, session.client_name());
    let made = pods.iter().filter_map(|pod| {
        let client = ClientPod::of(pod, uid, &name).filter(|client| !client.template.is_empty())?;
        Some((pod.metadata.creation_timestamp.as_ref().map(|time| time.0), client.attempt, client.template))
    });
    made.max().map(|(.., template)| template)
}
