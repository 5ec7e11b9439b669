//! `ballsession-operator wait`, as the test of a Helm release runs it: by what a session's status says, which the tests write.

use std::time::{Duration, Instant};

use ballsession_operator::session::validate;
use ballsession_tests::{Exited, Program};
use cluster::Scratch;
use crds::BallSession;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

fn wait(arguments: &[&str]) -> Program {
    Program::start("ballsession-operator", &[&["wait"], arguments].concat())
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z"})
}

#[tokio::test]
async fn it_ends_with_the_verdict_of_the_run() {
    let Some(client) = cluster::client("it_ends_with_the_verdict_of_the_run").await else { return };
    let scratch = Scratch::create(&client).await;
    let sessions: Api<BallSession> = Api::namespaced(client.clone(), &scratch.name);
    let ready = condition("Ready", "True", "Ready", "");
    for (name, verdict, code, words) in [
        ("met", condition("ObjectivesMet", "True", "Met", ""), 0, "met: Met: loss 0.00%"),
        (
            "missed",
            condition("ObjectivesMet", "False", "LossTooHigh", "7 %"),
            3,
            "missed: Missed: LossTooHigh: 7 %",
        ),
        (
            "unknown",
            condition("ObjectivesMet", "Unknown", "NoReports", "none"),
            1,
            "unknown: no verdict: NoReports: none",
        ),
    ] {
        let session = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
            "metadata": {"name": name}, "spec": {"duration": "20s"}});
        let session = serde_json::from_value(session).unwrap();
        let created = sessions.create(&PostParams::default(), &session).await.unwrap();
        let run = json!({"hash": validate(&created).unwrap().run_hash});
        let mut waiting = wait(&[name, "--namespace", &scratch.name, "--timeout", "1m"]);
        // It goes on for as long as there is something to wait for, and says for what.
        waiting.line(&format!("{name}: no operator has looked at it yet"));
        let write = async |conditions: Vec<Value>| {
            let status =
                json!({"status": {"conditions": conditions, "display": {"loss": "0.00%"}, "run": run}});
            sessions.patch_status(name, &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
        };
        write(vec![ready.clone(), condition("Complete", "False", "Running", "3 s left")]).await;
        waiting.line(&format!("{name}: Running: 3 s left"));
        write(vec![ready.clone(), condition("Complete", "True", "Finished", ""), verdict]).await;
        let Exited { code: ended, stdout, stderr } = waiting.finish();
        let said = [stdout, stderr].concat();
        assert!(ended == Some(code) && said.iter().any(|line| line.ends_with(words)), "{ended:?}: {said:?}");
    }
    scratch.delete().await;
}

#[tokio::test]
async fn it_gives_up_in_time_and_says_what_it_waited_for() {
    let Some(client) = cluster::client("it_gives_up_in_time_and_says_what_it_waited_for").await else {
        return;
    };
    let scratch = Scratch::create(&client).await;
    let began = Instant::now();
    let ended = wait(&["absent", "--namespace", &scratch.name, "--timeout", "2s"]).finish();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let words = "absent: no verdict within 2 s: there is no such session";
    assert!(ended.stderr.iter().any(|line| line.ends_with(words)), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    scratch.delete().await;
}

#[test]
fn a_wrong_command_line_is_refused_in_one_line() {
    for (arguments, complaint) in [
        (&[][..], "<NAME>"),
        (&["Harbor"], "must be a name"),
        (&["harbor", "--timeout", "soon"], "'--timeout <DURATION>'"),
        (&["harbor", "--namespace", "a.b"], "'--namespace <NAME>'"),
    ] {
        let ended = wait(arguments).finish();
        assert_eq!((ended.code, ended.stderr.len()), (Some(2), 1), "{ended:?}");
        assert!(ended.stderr[0].contains(complaint), "{ended:?}");
    }
}
