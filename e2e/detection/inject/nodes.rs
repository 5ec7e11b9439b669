//! Nodes that stop, for a while or without their memory, and one without its CNI plugins.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{PATIENCE, on_node, run};

use crate::fault::Place;
use crate::ground::Ground;
use crate::remedy::Remedies;

/// Freezes nodes.
pub(super) async fn freeze(ground: &Ground, places: &[Place], remedies: &mut Remedies) -> Result<()> {
    for place in places {
        remedies.add(power("thaw", ground.node(*place))?);
        call(&power("freeze", ground.node(*place))?).await?;
    }
    Ok(())
}

/// Cuts the power of nodes.
pub(super) async fn stop(ground: &Ground, places: &[Place], remedies: &mut Remedies) -> Result<()> {
    for place in places {
        remedies.add(power("start", ground.node(*place))?);
        call(&power("stop", ground.node(*place))?).await?;
    }
    Ok(())
}

/// Cuts the power of nodes and gives it back.
pub(super) async fn reboot(ground: &Ground, places: &[Place], remedies: &mut Remedies) -> Result<()> {
    stop(ground, places, remedies).await?;
    let problems = remedies.heal().await;
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    Ok(())
}

/// Hides the CNI plugins of a node behind an empty folder.
pub(super) async fn hide_cni(node: &str, remedies: &mut Remedies) -> Result<()> {
    remedies.add(on_node(node, &["sh", "-c", "! mountpoint -q /opt/cni/bin || umount /opt/cni/bin"])?);
    call(&on_node(node, &["mount", "-t", "tmpfs", "tmpfs", "/opt/cni/bin"])?).await
}

/// What switches a node: `BALLSESSION_E2E_NODE_POWER` with the action and the node, by default docker, as for kind.
fn power(action: &str, node: &str) -> Result<Vec<String>> {
    if let Ok(program) = std::env::var("BALLSESSION_E2E_NODE_POWER")
        && !program.trim().is_empty()
    {
        let words = program.split_whitespace().chain([action, node]);
        return Ok(words.map(str::to_owned).collect());
    }
    let docker = match action {
        "freeze" => "pause",
        "thaw" => "unpause",
        "stop" => "kill",
        "start" => "start",
        other => anyhow::bail!("no way to {other} a node"),
    };
    Ok(["docker", docker, node].map(str::to_owned).to_vec())
}

/// Runs a command to its end.
pub(super) async fn call(command: &[String]) -> Result<()> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let (program, arguments) = words.split_first().context("no program")?;
    run(program, arguments, PATIENCE).await.map(drop)
}
