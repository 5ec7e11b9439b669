//! Drills: the server is replaced while clients stream, and how long they were without pictures is known.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    Blockade, Entry, Image, Part, Snapshot, StaleEntries, addresses, eventually, families, node, quick,
    scenario, scenario_alone, uid, with,
};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// A pod that has to be made, started and found, on a machine that is busy.
const RECOVERED: Duration = Duration::from_secs(90);

/// `spec` with a drill soon after its clients have media.
fn drilled(spec: Value, recovery: &str) -> Value {
    with(spec, json!({"drill": {"after": "5s"}, "objectives": {"recovery": recovery}}))
}

/// Every row has a recovery, and the frames that it cost.
fn recovered(now: &Snapshot, clients: usize) -> Result<()> {
    let rows = &now.status()?.clients;
    ensure!(rows.len() == clients, "there are {} rows", rows.len());
    for row in rows {
        let milliseconds: f64 = row.recovery_milliseconds.as_deref().context("no recovery")?.parse()?;
        ensure!(milliseconds > 0.0 && milliseconds < RECOVERED.as_secs_f64() * 1e3, "{milliseconds} ms");
        ensure!(row.lost_frames.is_some_and(|frames| frames > 0), "{:?} lost frames", row.lost_frames);
        ensure!(row.former_end.is_some(), "how the former connection ended is not known");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_is_drilled_once_and_says_how_long_that_took() {
    scenario("drill", async |stage| {
        let spec = drilled(with(quick(), json!({"clients": 2})), "90s");
        let session = stage.session("phoenix", &spec).await?;
        let first = session.ready_pod(Part::Server).await?;
        let clients = session.client_uids().await?;
        let after = session
            .eventually("it works with another server", |now| {
                now.works_with(2)?;
                recovered(now, 2)
            })
            .await?;
        let drill = after.status()?.run.as_ref().and_then(|run| run.drill.clone()).context("no drill")?;
        ensure!(drill.pod.as_deref() == Some(uid(&first)), "another pod was deleted: {drill:?}");
        ensure!(session.client_uids().await? == clients, "clients were replaced instead of connecting again");
        let second = session.ready_pod_but(Part::Server, uid(&first)).await?;
        session
            .stays(Duration::from_secs(20), "it is not drilled again", |now| {
                let run = now.status()?.run.as_ref().context("no run")?;
                ensure!(run.drill.as_ref() == Some(&drill), "{:?}", run.drill);
                now.works_with(2)
            })
            .await?;
        ensure!(uid(&session.ready_pod(Part::Server).await?) == uid(&second), "the server is another one");

        // The same by a recovery that nobody can reach.
        session.change(&json!({"drill": {"after": "6s"}, "objectives": {"recovery": "10ms"}})).await?;
        session
            .eventually("it is drilled anew, and too slow", |now| {
                let message = now.because("ObjectivesMet", "False", "RecoveryTooSlow")?;
                ensure!(
                    message.contains("ms without pictures after the server was replaced, 10 ms allowed"),
                    "{message}"
                );
                let run = now.status()?.run.as_ref().context("no run")?;
                ensure!(run.drill.as_ref() != Some(&drill), "it was not drilled anew");
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_run_with_a_drill_is_judged_by_what_comes_after_it() {
    scenario("drilled-run", async |stage| {
        let session =
            stage.session("ashes", &drilled(with(quick(), json!({"duration": "90s"})), "60s")).await?;
        let over = session
            .within(Duration::from_secs(300), "its run is over", |now| now.is("Complete", "True"))
            .await?;
        over.because("Complete", "True", "Finished")?;
        over.is("ObjectivesMet", "True")?;
        recovered(&over, 1)?;
        ensure!(over.status()?.server_restarts == Some(1), "{:?}", over.status()?.server_restarts);
        Ok(())
    })
    .await;
}

/// Behind a Service the server's address stays while its pod is another one: entries of conntrack that lead to the pod before are
/// what such a roll is tried for.
#[tokio::test]
async fn a_roll_behind_each_service_has_its_recovery() {
    scenario("drill-paths", async |stage| {
        for path in ["ClusterIP", "NodePort"] {
            let spec = drilled(with(quick(), json!({"clients": 2, "path": path})), "90s");
            let session = stage.session(&path.to_lowercase(), &spec).await?;
            let after = session
                .eventually("it works with another server", |now| {
                    now.works_with(2)?;
                    recovered(now, 2)
                })
                .await?;
            for row in &after.status()?.clients {
                println!("{path}: {:?} ms, {:?} frames", row.recovery_milliseconds, row.lost_frames);
                let way = row.path.as_deref().context("its row has no path")?;
                let shown = after.status()?.display.as_ref().and_then(|display| display.path.as_deref());
                let address = shown.and_then(|shown| shown.strip_prefix(path)).context("no address")?;
                ensure!(way.ends_with(address), "{way} does not end at {address}");
            }
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

/// The server is replaced behind a Service, and its client's node still leads packets to where the former one was. Alone: the
/// proxy removes such entries whenever any endpoint of the cluster changes.
#[tokio::test]
async fn stale_entries_of_connections_are_named_while_they_last_and_afterwards() {
    const NAME: &str = "stale_entries_of_connections_are_named_while_they_last_and_afterwards";
    let Some(image) = Image::Conntrack.named_for(NAME) else { return };
    scenario_alone("drill-stale", async |stage| {
        for family in families(&stage.client).await? {
            let name = format!("stale-{}", family.to_lowercase());
            let asked = json!({
                "path": "ClusterIP", "ipFamily": family, "placement": "CrossNode", "objectives": {"recovery": "5s"}
            });
            let session = stage.session(&name, &with(quick(), asked)).await?;
            let now = session.works_with(1).await?;
            let shown = now.status()?.display.as_ref().and_then(|display| display.path.clone());
            let service: SocketAddr =
                shown.as_deref().and_then(|path| path.rsplit(' ').next()).context("no path is shown")?.parse()?;
            let of_family = |pod: &Pod| -> Result<IpAddr> {
                let addresses: Vec<IpAddr> =
                    addresses(pod).iter().map(|address| address.parse()).collect::<Result<_, _>>()?;
                let mut addresses = addresses.into_iter();
                addresses.find(|address| address.is_ipv4() == service.is_ipv4()).context("no address of it")
            };
            let (client, server) =
                (session.ready_pod(Part::Client).await?, session.ready_pod(Part::Server).await?);
            let entry = Entry { client: of_family(&client)?, service, pod: of_family(&server)? };
            let own = format!("ballsession-e2e-{}-{name}", std::process::id());
            let entries =
                StaleEntries::insert(&stage.client, &own, &image, node(&client), entry).await?;
            // The proxy knows the next server, and a port that it sees before the entry for it is back is not led astray.
            let blockade = Blockade::of_untracked(&stage.client, &own.replace('-', "_"), service).await;
            let named = async {
                blockade.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
                session.change(&json!({"drill": {"after": "5s"}})).await?;
                session
                    .within(RECOVERED, "the stale entries are named", |now| {
                        let message = now.because("Ready", "False", "MediaBlocked")?;
                        ensure!(
                            message.contains("where a server had answered before (stale conntrack?)"),
                            "{message}"
                        );
                        Ok(())
                    })
                    .await?;
                ensure!(entries.are_used().await?, "no packet of the client's went by them");
                anyhow::Ok(())
            };
            let named = named.await;
            let lifted = match blockade {
                Ok(blockade) => blockade.lift().await,
                Err(error) => Err(error),
            };
            entries.remove().await?;
            lifted?;
            named?;
            let slow = session
                .within(RECOVERED, "the time that they cost is explained", |now| {
                    let message = now.because("ObjectivesMet", "False", "RecoveryTooSlow")?;
                    ensure!(
                        message.contains("got no answer where the former server had answered: stale conntrack"),
                        "{message}"
                    );
                    recovered(now, 1)
                })
                .await?;
            println!("{family}: {:?} ms", slow.status()?.clients[0].recovery_milliseconds);
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

/// What stale conntrack looks like to a client: signalling stays open, and nothing comes back by the way that had worked.
#[tokio::test]
async fn packets_that_nobody_answers_any_more_are_named() {
    scenario("drill-silence", async |stage| {
        let session = stage.session("echo", &with(quick(), json!({"placement": "CrossNode"}))).await?;
        session.works_with(1).await?;
        let server = session.ready_pod(Part::Server).await?;
        // What the client sends arrives, so that the server goes on, and the client is the one to find out.
        let blockade =
            Blockade::of_source(&stage.client, "ballsession_e2e_drill", &addresses(&server)).await?;
        let client = session.ready_pod(Part::Client).await?;
        let name = client.metadata.name.as_deref().context("no name")?;
        let named = eventually(RECOVERED, "the client says what it sent in vain", async || {
            let log = stage.kubectl(&["logs", name]).await?;
            let lost = log.lines().find(|line| line.contains("got no answer on a way that had worked"));
            let lost = lost.context("its log has nothing of it")?;
            ensure!(lost.contains("code=PeerLost"), "{lost}");
            Ok(())
        })
        .await;
        blockade.lift().await?;
        named?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}
