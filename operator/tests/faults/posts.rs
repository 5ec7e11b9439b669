//! Posts in the name of servers, to whoever takes them.

use std::collections::BTreeMap;

use crds::contract::REPORT_AUDIENCE;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use serde_json::{Value, json};

use crate::pods::{Phase, SessionPod};
use crate::post;
use crate::replica::{Replica, code};

/// What each server has posted.
pub(crate) struct Posts {
    client: Client,
    authorities: String,
    /// By the UID of its pod.
    servers: BTreeMap<String, Server>,
}

struct Server {
    token: String,
    sequence: u64,
    /// The frames of the last post that was taken.
    taken: Option<u64>,
}

impl Posts {
    pub(crate) fn new(client: &Client, authorities: String) -> Self {
        Self { client: client.clone(), authorities, servers: BTreeMap::new() }
    }

    /// Has the server in `pod` post: `frames` more than before, about these pods of its session. To the first replica that
    /// takes it, if any does.
    pub(crate) async fn post(
        &mut self,
        (pod, server): (&Pod, &SessionPod),
        clients: &[&SessionPod],
        frames: u64,
        replicas: &[&Replica],
    ) {
        if !self.servers.contains_key(&server.uid) {
            // It may be about to go, and its account be gone.
            let token = cluster::try_pod_token(&self.client, pod, REPORT_AUDIENCE).await;
            let Ok(token) = token else { return };
            self.servers.insert(server.uid.clone(), Server { token, sequence: 0, taken: None });
        }
        let known = self.servers.get_mut(&server.uid).unwrap();
        known.sequence += 1;
        let total = known.taken.unwrap_or_default() + frames;
        let body = body(server, clients, known.sequence, total);
        for replica in replicas {
            let answer = replica.post(&self.authorities, &known.token, &body).await;
            if answer.as_deref().and_then(code) == Some(202) {
                known.taken = Some(total);
                return;
            }
        }
    }

    /// The frames of the last post of a server that was taken.
    pub(crate) fn taken(&self, pod_uid: &str) -> Option<u64> {
        self.servers.get(pod_uid)?.taken
    }
}

/// What a server posts of the clients that are there.
fn body(server: &SessionPod, clients: &[&SessionPod], sequence: u64, total: u64) -> Value {
    let mut body = post::server(0, sequence, total, 0);
    let connected: Vec<_> = clients.iter().filter(|pod| pod.is_live() && pod.phase == Phase::Ready).collect();
    let row = body["summary"]["clients"][0].clone();
    let rows = connected.iter().map(|pod| {
        let mut row = row.clone();
        row["id"] = json!(format!("{}-client-{}", pod.session, pod.index.unwrap_or_default()));
        row
    });
    body["summary"]["clients"] = rows.collect();
    body["connectedClients"] = json!(connected.len());
    body["schemaVersion"] = json!(2);
    body["instance"] = json!(server.uid.replace('-', "")[..16]);
    body["windowSeconds"] = json!(60.0);
    body
}
