//! `status`, `report`, `diff` and `completion`.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{World, numbers, over};

#[tokio::test]
async fn reports_have_the_exit_code_of_the_verdict() {
    let Some(world) = World::new("reports_have_the_exit_code_of_the_verdict").await else { return };
    let bounded = json!({"duration": "30s"});
    for (name, is_met, code) in [("good", true, 0), ("bad", false, 3)] {
        world.create(name, &bounded).await;
        world.say(name, &over(is_met), &numbers(is_met)).await;
        for command in ["status", "report"] {
            assert_eq!(world.plugin(&[command, name]).await.code, Some(code), "{command} {name}");
        }
    }
    world.create("new", &bounded).await;
    let end = world.plugin(&["status", "new"]).await;
    assert_eq!(end.code, Some(4));
    assert!(end.stdout.contains("undecided so far, NotObserved: "), "{}", end.stdout);
    assert_eq!(world.plugin(&["report", "none"]).await.code, Some(1));

    let all = world.plugin(&["status"]).await;
    assert_eq!(all.code, Some(0));
    let names: Vec<_> = all.stdout.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, ["NAME", "bad", "good", "new"]);
    let everywhere = world.plugin(&["status", "--all-namespaces"]).await;
    assert!(
        everywhere.stdout.lines().any(|line| line.starts_with(&world.namespace.name)),
        "{}",
        everywhere.stdout
    );
    world.finish().await;
}

#[tokio::test]
async fn a_report_is_written_in_every_form() {
    let Some(world) = World::new("a_report_is_written_in_every_form").await else { return };
    world.create("bad", &json!({"duration": "30s"})).await;
    world.say("bad", &over(false), &numbers(false)).await;
    let json: Value =
        serde_json::from_str(&world.plugin(&["report", "bad", "-o", "json"]).await.stdout).unwrap();
    assert_eq!((&json["schemaVersion"], &json["outcome"]), (&json!(1), &json!("Missed")));
    let markdown = world.plugin(&["report", "bad", "-o", "markdown"]).await.stdout;
    assert!(markdown.contains("| latency p95 | 250 ms | at most 200 ms | **no** |\n"), "{markdown}");
    let junit = world.plugin(&["report", "bad", "-o", "junit"]).await.stdout;
    roxmltree::Document::parse(&junit).unwrap();
    world.finish().await;
}

#[tokio::test]
async fn sessions_and_saved_reports_are_compared() {
    let Some(world) = World::new("sessions_and_saved_reports_are_compared").await else { return };
    for (name, is_met) in [("good", true), ("bad", false)] {
        world.create(name, &json!({"duration": "30s"})).await;
        world.say(name, &over(is_met), &numbers(is_met)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("good.json");
    fs::write(&saved, world.plugin(&["report", "good", "-o", "json"]).await.stdout).unwrap();
    let saved = saved.to_str().unwrap();

    let end = world.plugin(&["diff", saved, "bad", "-o", "json"]).await;
    assert_eq!(end.code, Some(3), "{}", end.stderr);
    let comparison: Value = serde_json::from_str(&end.stdout).unwrap();
    let worse: Vec<_> =
        comparison["quantities"].as_array().unwrap().iter().filter(|one| one["worse"] == "b").collect();
    assert_eq!(worse.len(), 1, "{comparison:#}");
    assert_eq!(worse[0]["quantity"], "latency-p95");
    assert_eq!(world.plugin(&["diff", "bad", saved]).await.code, Some(0), "what is better is no worse");
    // Two files need no cluster.
    let end = world.plugin(&["--kubeconfig", "/nonexistent", "diff", saved, saved]).await;
    assert_eq!(end.code, Some(0), "{}", end.stderr);

    fs::write(folder.path().join("odd.json"), "{}").unwrap();
    let end = world.plugin(&["diff", "bad", folder.path().join("odd.json").to_str().unwrap()]).await;
    assert_eq!(end.code, Some(1));
    assert!(end.stderr.contains("odd.json is no report as `report -o json` writes it"), "{}", end.stderr);
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_does_not_run_has_no_page() {
    let Some(world) = World::new("a_server_that_does_not_run_has_no_page").await else { return };
    world.create("harbor", &json!({})).await;
    let end = world.plugin(&["open", "harbor"]).await;
    assert_eq!(end.code, Some(1));
    assert_eq!(
        end.stderr,
        "error: session harbor has no server that runs: `kubectl ballsession status harbor` says why\n"
    );
    world.finish().await;
}

#[tokio::test]
async fn completions_need_no_cluster() {
    let Some(world) = World::new("completions_need_no_cluster").await else { return };
    for shell in ["bash", "zsh", "fish"] {
        let end = world.plugin(&["--kubeconfig", "/nonexistent", "completion", shell]).await;
        assert_eq!(end.code, Some(0), "{}", end.stderr);
        assert!(end.stdout.contains("kubectl-ballsession") && end.stdout.contains("gather"), "{shell}");
    }
    world.finish().await;
}
