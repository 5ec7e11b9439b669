//! A pipeline with kubectl that has a run of its own and goes on by it: deploy/gates/github/gate, and the Jobs that do the same.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::world::{NAME, World, eventually};

fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/gates").join(of)
}

/// Starts it.
fn gate(world: &World, run: &str) -> Child {
    Command::new(path("github/gate"))
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

/// Whether there is one; says so if not.
fn has_kubectl(test: &str) -> bool {
    if Command::new("kubectl").arg("help").output().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        // Not eprintln: the test runner would keep it to itself.
        let _ = std::io::stderr().write_all(format!("SKIPPED {test}: it needs kubectl\n").as_bytes());
        return false;
    }
    true
}

/// Another pipeline begins a run of its own, which meets its objectives.
async fn overtake(world: &World) {
    world.change(&json!({"run": "of-somebody-else"})).await;
    world.judge("True").await;
}

#[tokio::test]
async fn a_pipeline_goes_on_by_its_own_run_alone() {
    let test = "a_pipeline_goes_on_by_its_own_run_alone";
    let Some(client) = cluster::client(test).await else { return };
    if !has_kubectl(test) {
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

#[tokio::test]
async fn the_verdict_on_a_run_that_came_between_opens_no_gate() {
    let test = "the_verdict_on_a_run_that_came_between_opens_no_gate";
    let Some(client) = cluster::client(test).await else { return };
    if !has_kubectl(test) {
        return;
    }
    let world = World::create(&client).await;
    world.change(&json!({"duration": "1m", "run": "before"})).await;
    let mut gate = gate(&world, "1.4.2");
    let sessions = world.sessions(&world.namespace.name);
    eventually("the run is asked for", async || {
        sessions.get(NAME).await.unwrap().spec.run.as_deref() == Some("1.4.2")
    })
    .await;
    world.begin().await;
    // Of the patch, and of the run that has begun: from then on it waits for the end.
    let mut lines = BufReader::new(gate.stdout.as_mut().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().ends_with("patched"));
    assert!(lines.next().unwrap().unwrap().ends_with("condition met"));
    overtake(&world).await;
    let output = ended(gate).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said =
        format!("gate: {NAME} has gone on to the run 'of-somebody-else': there is no verdict on 1.4.2\n");
    assert!(output.status.code() == Some(1) && stderr.ends_with(&said), "{output:?}");
    world.delete().await;
}

/// The containers of a file's Job, in their order.
fn containers(file: &str, pod: &str) -> Vec<Value> {
    let mut objects: Vec<Value> =
        serde_saphyr::from_multiple(&std::fs::read_to_string(path(file)).unwrap()).unwrap();
    let pod = objects[0].pointer_mut(pod).unwrap();
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|list| serde_json::from_value::<Vec<Value>>(pod[list].take()).unwrap())
        .collect()
}

/// Runs one of them to its end.
fn succeeds(world: &World, container: &Value, run: &str) -> bool {
    let arguments: Vec<String> = serde_json::from_value(container["args"].clone()).unwrap();
    let arguments = arguments.iter().map(|argument| {
        argument.replace("$(RUN)", run).replace("release-gate", NAME).replace("{{args.session}}", NAME)
    });
    let mut kubectl = Command::new("kubectl");
    kubectl.args(["--namespace", &world.namespace.name]).args(arguments);
    kubectl.output().unwrap().status.success()
}

#[tokio::test]
async fn a_job_succeeds_by_its_own_run_alone() {
    let test = "a_job_succeeds_by_its_own_run_alone";
    let Some(client) = cluster::client(test).await else { return };
    if !has_kubectl(test) {
        return;
    }
    for (file, pod) in [
        ("nightly/nightly.yaml", "/spec/jobTemplate/spec/template/spec"),
        ("argo-rollouts/job.yaml", "/spec/metrics/0/provider/job/spec/template/spec"),
    ] {
        let world = World::create(&client).await;
        world.change(&json!({"duration": "1m", "run": "before"})).await;
        world.judge("True").await;
        for (run, met, is_overtaken, succeeded) in [
            ("night-1", "True", false, true),
            ("night-2", "False", false, false),
            ("night-3", "True", true, false),
        ] {
            let mut failed = None;
            for container in containers(file, pod) {
                let name = container["name"].as_str().unwrap();
                if !succeeds(&world, &container, run) {
                    failed = Some(name.to_owned());
                    break;
                }
                match name {
                    "begin" => world.begin().await,
                    "begun" if is_overtaken => overtake(&world).await,
                    "begun" => world.judge(met).await,
                    _ => {}
                }
            }
            assert_eq!(failed.is_none(), succeeded, "{file} {run}: {failed:?}");
        }
        world.delete().await;
    }
}
