//! UDP that nodes drop where they forward it: of a session's server, or between two nodes. DNS is let through.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};
use ballsession_e2e::{addresses, kubectl, nft_family, on_node};

use crate::fault::{Direction, Place};
use crate::ground::Ground;
use crate::inject::nodes::call;
use crate::remedy::Remedies;
use crate::scene::Scene;

/// Of each table there is one for each fault, so that faults go on side by side.
static TABLES: AtomicU32 = AtomicU32::new(0);

/// Drops the UDP of the scenes' servers.
pub(super) async fn cut_servers(
    ground: &Ground,
    scenes: &[Scene],
    direction: Direction,
    remedies: &mut Remedies,
) -> Result<()> {
    let mut matches = Vec::new();
    for scene in scenes {
        let server = scene.server().await?;
        let addresses = addresses(&server);
        ensure!(!addresses.is_empty(), "the server's pod has no address");
        for address in addresses {
            let family = nft_family(&address);
            if direction != Direction::ToServer {
                matches.push(format!("{family} saddr {address}"));
            }
            if direction != Direction::ToClients {
                matches.push(format!("{family} daddr {address}"));
            }
        }
    }
    drop_everywhere(ground, &matches, remedies).await
}

/// Drops UDP between the pods of the two nodes: all of it, or packets above so many bytes.
pub(super) async fn cut_nodes(ground: &Ground, above: Option<u16>, remedies: &mut Remedies) -> Result<()> {
    let (home, away) = (ground.node(Place::Home), ground.node(Place::Away));
    let length = above.map_or_else(String::new, |bytes| format!(" meta length gt {bytes}"));
    let mut matches = Vec::new();
    for (one, other) in cidrs(home).await?.into_iter().zip(cidrs(away).await?) {
        let family = nft_family(&one);
        matches.push(format!("{family} saddr {one} {family} daddr {other}{length}"));
        matches.push(format!("{family} saddr {other} {family} daddr {one}{length}"));
    }
    drop_everywhere(ground, &matches, remedies).await
}

/// The addresses of a node's pods, one of each family.
async fn cidrs(node: &str) -> Result<Vec<String>> {
    let said = kubectl(&["get", "node", node, "-o", "jsonpath={.spec.podCIDRs[*]}"]).await?;
    Ok(said.split_whitespace().map(str::to_owned).collect())
}

async fn drop_everywhere(ground: &Ground, matches: &[String], remedies: &mut Remedies) -> Result<()> {
    let number = TABLES.fetch_add(1, Ordering::Relaxed);
    let table = format!("inet ballsession_detection_{}_{number}", std::process::id());
    let rules = rules(&table, matches);
    // Adding what is there already is no error, deleting what is not there would be one.
    let lifted = format!("add table {table}; delete table {table}");
    for node in &ground.nodes {
        remedies.add(on_node(node, &["nft", &lifted])?);
    }
    for node in &ground.nodes {
        call(&on_node(node, &["nft", &rules])?).await?;
    }
    Ok(())
}

fn rules(table: &str, matches: &[String]) -> String {
    let mut rules = format!(
        "add table {table}; \
         add chain {table} forward {{ type filter hook forward priority -10; policy accept; }}; \
         add rule {table} forward udp sport 53 accept; \
         add rule {table} forward udp dport 53 accept"
    );
    for of in matches {
        rules += &format!("; add rule {table} forward {of} meta l4proto udp drop");
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_passes_before_anything_is_dropped() {
        let rules = rules("inet t", &["ip saddr 10.0.0.1".into(), "ip6 daddr fd00::1".into()]);
        let rules: Vec<_> = rules.split("; ").collect();
        let forward: Vec<_> =
            rules.iter().filter_map(|rule| rule.strip_prefix("add rule inet t forward ")).collect();
        assert_eq!(
            forward,
            [
                "udp sport 53 accept",
                "udp dport 53 accept",
                "ip saddr 10.0.0.1 meta l4proto udp drop",
                "ip6 daddr fd00::1 meta l4proto udp drop"
            ]
        );
    }
}
