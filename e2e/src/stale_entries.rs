//! Entries of a node's connection tracking that lead a Service's packets to a pod that is gone.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use crate::{PATIENCE, eventually, is_ready, kubectl};

/// Pods there may have the node's network and rights over it.
const NAMESPACE: &str = "kube-system";

/// Ports that Linux gives to sockets that ask for none (`net.ipv4.ip_local_port_range`).
const PORTS: &str = "$(seq 32768 60999)";

/// A stream of UDP that had answers has its entry for so many seconds (`net.netfilter.nf_conntrack_udp_timeout_stream`).
const STREAM_SECONDS: u32 = 120;

/// Where an entry leads.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Whose packets.
    pub client: IpAddr,
    /// Sent to a Service.
    pub service: SocketAddr,
    /// What the Service's proxy had made of that.
    pub pod: IpAddr,
}

/// Entries for all ports of a client, put back whenever the proxy removes them.
pub struct StaleEntries {
    pods: Api<Pod>,
    name: String,
    entry: Entry,
}

impl StaleEntries {
    /// Inserts them on a node. Those that are there stay as they are. `name` is for a pod; no two may share it.
    ///
    /// # Errors
    /// Where the pod that does it cannot run, or does not insert any.
    pub async fn insert(client: &Client, name: &str, image: &str, node: &str, entry: Entry) -> Result<Self> {
        let Entry { client: from, service, pod: to } = entry;
        let lasts = STREAM_SECONDS * 5;
        let (place, port) = (service.ip(), service.port());
        let line = format!(
            "-A -p udp -s {from} -d {place} --sport $port --dport {port} --dst-nat {to} -t {lasts} -u SEEN_REPLY,ASSURED"
        );
        let script = format!(
            "for port in {PORTS}; do echo \"{line}\"; done > /tmp/entries
             until [ -e /tmp/end ]; do conntrack --load-file /tmp/entries; sleep 0.5; done
             touch /tmp/ended
             exec sleep infinity"
        );
        let pod = serde_json::from_value(json!({
            "metadata": {"name": name},
            "spec": {
                "hostNetwork": true, "nodeName": node, "terminationGracePeriodSeconds": 0,
                "containers": [{
                    "name": "conntrack", "image": image, "imagePullPolicy": "Never",
                    "command": ["sh", "-c", script], "securityContext": {"privileged": true}
                }]
            }
        }))?;
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        pods.create(&PostParams::default(), &pod).await?;
        let entries = Self { pods, name: name.to_owned(), entry };
        let inserted = eventually(PATIENCE, "entries on the node", async || {
            ensure!(is_ready(&entries.pods.get(&entries.name).await?), "its pod is not ready");
            let count = entries.list().await?.lines().count();
            ensure!(count > 1000, "there are {count}");
            Ok(())
        });
        if let Err(error) = inserted.await {
            // It must not go on.
            let _ = entries.delete_pod().await;
            return Err(error);
        }
        Ok(entries)
    }

    /// Whether the client's packets went by one of them: that sets the time that it is kept for.
    ///
    /// # Errors
    /// Where the node cannot be asked.
    pub async fn are_used(&self) -> Result<bool> {
        let seconds = |line: &str| line.split_whitespace().nth(2).and_then(|word| word.parse::<u32>().ok());
        Ok(self.list().await?.lines().any(|line| seconds(line).is_some_and(|left| left <= STREAM_SECONDS)))
    }

    /// Removes them.
    ///
    /// # Errors
    /// Where they cannot be removed.
    pub async fn remove(self) -> Result<()> {
        // Nobody puts them back any more. Its status is not zero where there is none.
        let delete = self.command("-D");
        let script = format!(
            "touch /tmp/end; until [ -e /tmp/ended ]; do sleep 0.1; done; {delete} > /dev/null 2>&1 || true"
        );
        let removed = self.on_node(&script).await.map(drop);
        self.delete_pod().await?;
        removed
    }

    async fn list(&self) -> Result<String> {
        // Its status is not zero where there is none.
        self.on_node(&format!("{} 2> /dev/null || true", self.command("-L"))).await
    }

    fn command(&self, what: &str) -> String {
        let Entry { client, service, pod } = self.entry;
        let family = if client.is_ipv6() { "ipv6" } else { "ipv4" };
        format!("conntrack {what} -f {family} -p udp -s {client} -d {} -r {pod}", service.ip())
    }

    async fn on_node(&self, script: &str) -> Result<String> {
        kubectl(&["--namespace", NAMESPACE, "exec", &self.name, "--", "sh", "-c", script]).await
    }

    async fn delete_pod(&self) -> Result<()> {
        self.pods.delete(&self.name, &DeleteParams::default().grace_period(0)).await?;
        Ok(())
    }
}
