//! The cluster's nodes, and a network between them that fails on purpose.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, ListParams};

use crate::PATIENCE;
use crate::command::run;

/// The nodes that take pods without being asked to.
///
/// # Errors
/// Where nodes cannot be read.
pub async fn worker_nodes(client: &Client) -> Result<Vec<String>> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?.items;
    let tainted = |node: &Node| {
        let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
        taints.into_iter().any(|taint| taint.effect != "PreferNoSchedule")
    };
    Ok(nodes.into_iter().filter(|node| !tainted(node)).filter_map(|node| node.metadata.name).collect())
}

/// The families of addresses that pods have, as `spec.ipFamily` calls them; the cluster's first one first.
///
/// # Errors
/// Where nodes cannot be read, or name no ranges of their pods.
pub async fn families(client: &Client) -> Result<Vec<&'static str>> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?.items;
    let ranges =
        nodes.into_iter().find_map(|node| node.spec?.pod_cidrs).context("no node names ranges of pods")?;
    Ok(ranges.iter().map(|range| if range.contains(':') { "IPv6" } else { "IPv4" }).collect())
}

/// UDP from and to some addresses is dropped where nodes forward packets of pods: between nodes, that is. DNS is let
/// through, and so is TCP.
pub struct Blockade {
    table: String,
    nodes: Vec<String>,
}

impl Blockade {
    /// Blocks the UDP of a pod with these addresses. `name` is for the nodes' firewalls; no two blockades may share it.
    ///
    /// # Errors
    /// Where a node cannot be reached through `BALLSESSION_E2E_NODE_EXEC` (by default `docker exec`, as for kind), or
    /// refuses the rules.
    pub async fn of(client: &Client, name: &str, addresses: &[String]) -> Result<Self> {
        Self::forwarded(client, name, addresses, &["saddr", "daddr"], "").await
    }

    /// Blocks packets of more than so many bytes, with their headers, of a pod's UDP. `name` as for [`Blockade::of`].
    ///
    /// # Errors
    /// As there.
    pub async fn of_larger(client: &Client, name: &str, addresses: &[String], bytes: u16) -> Result<Self> {
        let larger = format!(" meta length > {bytes}");
        Self::forwarded(client, name, addresses, &["saddr", "daddr"], &larger).await
    }

    /// Blocks the UDP that comes from a pod with these addresses; what goes there arrives. `name` as for [`Blockade::of`].
    ///
    /// # Errors
    /// As there.
    pub async fn of_source(client: &Client, name: &str, addresses: &[String]) -> Result<Self> {
        Self::forwarded(client, name, addresses, &["saddr"], "").await
    }

    async fn forwarded(
        client: &Client,
        name: &str,
        addresses: &[String],
        ends: &[&str],
        which: &str,
    ) -> Result<Self> {
        let mut rules = vec!["udp sport 53 accept".to_owned(), "udp dport 53 accept".to_owned()];
        for address in addresses {
            let family = nft_family(address);
            rules.extend(
                ends.iter().map(|end| format!("{family} {end} {address} meta l4proto udp{which} drop")),
            );
        }
        Self::raise(client, name, "forward priority -10", &rules).await
    }

    /// Blocks the UDP to an address and port where nodes take it in, before a Service's proxy changes either. `name` as for
    /// [`Blockade::of`].
    ///
    /// # Errors
    /// As there.
    pub async fn of_destination(client: &Client, name: &str, to: SocketAddr) -> Result<Self> {
        let ip = to.ip().to_string();
        let rule = format!("{} daddr {ip} udp dport {} drop", nft_family(&ip), to.port());
        Self::raise(client, name, "prerouting priority -310", &[rule]).await
    }

    /// Blocks the UDP to an address and port of connections that nodes do not track yet. `name` as for [`Blockade::of`].
    ///
    /// # Errors
    /// As there.
    pub async fn of_untracked(client: &Client, name: &str, to: SocketAddr) -> Result<Self> {
        let ip = to.ip().to_string();
        let rule = format!("{} daddr {ip} udp dport {} ct state new drop", nft_family(&ip), to.port());
        // After connections are tracked, and before a Service's proxy changes the address.
        Self::raise(client, name, "prerouting priority -150", &[rule]).await
    }

    /// Has all nodes filter by these rules at that hook.
    async fn raise(client: &Client, name: &str, hook: &str, rules: &[String]) -> Result<Self> {
        let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?.items;
        let nodes = nodes.into_iter().filter_map(|node| node.metadata.name).collect();
        let blockade = Self { table: format!("inet {name}"), nodes };
        let table = &blockade.table;
        let mut script = format!(
            "add table {table}; add chain {table} blocked {{ type filter hook {hook}; policy accept; }}"
        );
        for rule in rules {
            script += &format!("; add rule {table} blocked {rule}");
        }
        if let Err(error) = blockade.everywhere(&script).await {
            // Some nodes may have it already, and they must not keep it.
            let _ = blockade.lift().await;
            return Err(error);
        }
        Ok(blockade)
    }

    /// Ends it.
    ///
    /// # Errors
    /// Where a node cannot be reached.
    pub async fn lift(self) -> Result<()> {
        // Adding what is there already is no error, deleting what is not there would be one.
        let table = &self.table;
        self.everywhere(&format!("add table {table}; delete table {table}")).await
    }

    async fn everywhere(&self, rules: &str) -> Result<()> {
        for node in &self.nodes {
            let command = on_node(node, &["nft", rules])?;
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let (program, arguments) = words.split_first().context("no program")?;
            run(program, arguments, PATIENCE).await?;
        }
        Ok(())
    }
}

/// What rules of nft call the family of an address, or of a range of them.
pub fn nft_family(address: &str) -> &'static str {
    if address.contains(':') { "ip6" } else { "ip" }
}

/// What runs a command on a node: `BALLSESSION_E2E_NODE_EXEC` (by default `docker exec`, as for kind), the node, the command.
///
/// # Errors
/// Where the variable is set and empty.
pub fn on_node(node: &str, command: &[&str]) -> Result<Vec<String>> {
    let exec = std::env::var("BALLSESSION_E2E_NODE_EXEC").unwrap_or_else(|_| "docker exec".into());
    ensure!(!exec.trim().is_empty(), "BALLSESSION_E2E_NODE_EXEC is empty");
    let words = exec.split_whitespace().chain([node]).chain(command.iter().copied());
    Ok(words.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_the_family_of_its_address() {
        assert_eq!((nft_family("10.244.1.0/24"), nft_family("fd00:10:244::/64")), ("ip", "ip6"));
    }
}
