//! A pipeline with kubectl that has a run of its own and goes on by it: deploy/gates/github/gate.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;

use crate::world::{NAME, World, eventually};

/// Starts it.
fn gate(world: &World, run: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/gates/github/gate");
    Command::new(script)
        .args([world.namespace.name.as_str(), NAME, run, "60s"])
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn ended(mut gate: Child) -> Output {
    eventually("the end of the gate", async || gate.try_wait().unwrap().is_some()).await;
    gate.wait_with_output().unwrap()
}

#[tokio::test]
async fn a_pipeline_goes_on_by_its_own_run_alone() {
    let test = "a_pipeline_goes_on_by_its_own_run_alone";
    let Some(client) = cluster::client(test).await else { return };
    if Command::new("kubectl").arg("help").output().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        // Not eprintln: the test runner would keep it to itself.
        let _ = std::io::stderr().write_all(format!("SKIPPED {test}: it needs kubectl\n").as_bytes());
        return;
    }
    let world = World::create(&client).await;
    // There was a run already, with another verdict than the one that follows.
    for (run, before, met, code) in
        [("1.4.2", "False", "True", 0), ("1.4.3", "True", "False", 1), ("1.4.4", "True", "Unknown", 1)]
    {
        world.change(&json!({"duration": "1m", "run": format!("before-{run}")})).await;
        world.judge(before).await;
        let mut gate = gate(&world, run);
        let sessions = world.sessions(&world.namespace.name);
        eventually("the run is asked for", async || {
            sessions.get(NAME).await.unwrap().spec.run.as_deref() == Some(run)
        })
        .await;
        assert!(gate.try_wait().unwrap().is_none(), "it goes by the run before");
        world.judge(met).await;
        let output = ended(gate).await;
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(said.contains(&format!("gate: {NAME}, run {run}: ObjectivesMet is {met}\n")), "{said}");
    }
    for (run, said) in [("a b", "must be 1 to 63 of"), ("1.4.4", "has had the run 1.4.4 already")] {
        let output = ended(gate(&world, run)).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(said), "{output:?}");
    }
    world.delete().await;
}
