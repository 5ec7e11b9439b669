//! `run`: exit codes, numbers, and that no session stays.

use serde_json::{Value, json};

use crate::harness::{World, ended, interrupt, numbers, over};

const WAITING: [(&str, &str, &str); 2] =
    [("Ready", "False", "WaitingForClients"), ("Complete", "False", "Running")];

/// The lines with one space between words.
fn words(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn a_run_that_meets_its_objectives_ends_with_0_and_is_removed() {
    let Some(world) = World::new("a_run_that_meets_its_objectives_ends_with_0_and_is_removed").await else {
        return;
    };
    let asked = ["run", "--name", "harbor", "--for", "30s", "--clients", "1", "--placement", "crossnode"];
    let paths = ["--path", "clusterip", "--ip-family", "IPv4", "--drill", "10s"];
    let running = world.start(&[&asked[..], &paths, &["--require", "loss=0.5,latency-p95=150ms"]].concat());
    let session = world.created("harbor").await;
    assert_eq!((session.spec.clients, session.spec.duration.as_deref()), (1, Some("30s")));
    assert_eq!(session.spec.placement, crds::Placement::CrossNode);
    assert_eq!(session.spec.path, crds::MediaPath::ClusterIp);
    assert_eq!(session.spec.ip_family, Some(crds::IpFamily::Ipv4));
    assert_eq!(session.spec.drill.map(|drill| drill.after), Some("10s".into()));
    assert_eq!(session.spec.ttl_after_finished.as_deref(), Some("10m"), "should nobody remove it");
    let objectives = session.spec.objectives;
    assert_eq!((objectives.loss_percent.as_str(), objectives.latency_p95.as_str()), ("0.5", "150ms"));
    assert_eq!(objectives.error_pixels_p95, "1", "what is not required is the resource's own");

    world.say("harbor", &WAITING, &json!({})).await;
    world.say("harbor", &over(true), &numbers(true)).await;
    let end = ended(running).await;
    assert_eq!(end.code, Some(0), "{}{}", end.stdout, end.stderr);
    for line in ["verdict met, Met: Met in words", "latency p95 3.3 ms at most 150 ms yes"] {
        assert!(words(&end.stdout).contains(&line.to_owned()), "{}", end.stdout);
    }
    assert!(world.is_gone("harbor").await);
    world.finish().await;
}

#[tokio::test]
async fn a_run_that_misses_them_ends_with_3_and_junit_has_the_failures() {
    let Some(world) = World::new("a_run_that_misses_them_ends_with_3_and_junit_has_the_failures").await
    else {
        return;
    };
    let running = world.start(&["run", "--name", "harbor", "-o", "junit", "--keep"]);
    world.created("harbor").await;
    world.say("harbor", &over(false), &numbers(false)).await;
    let end = ended(running).await;
    assert_eq!(end.code, Some(3), "{}", end.stderr);
    let document = roxmltree::Document::parse(&end.stdout).unwrap();
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!((suite.attribute("failures"), suite.attribute("errors")), (Some("3"), Some("0")));
    let failures = document.descendants().filter(|node| node.has_tag_name("failure"));
    let failed: Vec<_> = failures.map(|node| node.parent().unwrap().attribute("name").unwrap()).collect();
    assert_eq!(
        failed,
        ["objectives are met", "latency p95 at most 200 ms", "latency p95 at most 200 ms"],
        "of all together and of the client"
    );
    assert!(!world.is_gone("harbor").await, "it was to stay");
    let kept = world.created("harbor").await;
    assert_eq!(kept.spec.ttl_after_finished, None);
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_measured_ends_with_4_and_the_stage() {
    let Some(world) = World::new("what_cannot_be_measured_ends_with_4_and_the_stage").await else { return };
    let running = world.start(&["run", "--name", "harbor", "-o", "json", "--patience", "200ms"]);
    world.created("harbor").await;
    world
        .say("harbor", &[("Ready", "False", "ImagePullFailed"), ("Complete", "False", "Running")], &json!({}))
        .await;
    let end = ended(running).await;
    assert_eq!(end.code, Some(4), "{}", end.stderr);
    assert_eq!(end.stderr.lines().last(), Some("not measurable: ImagePullFailed: ImagePullFailed in words"));
    let report: Value = serde_json::from_str(&end.stdout).unwrap();
    assert_eq!((&report["outcome"], &report["reason"]), (&json!("NotMeasurable"), &json!("ImagePullFailed")));
    assert!(world.is_gone("harbor").await);
    world.finish().await;
}

#[tokio::test]
async fn a_spec_that_makes_no_sense_is_not_waited_for() {
    let Some(world) = World::new("a_spec_that_makes_no_sense_is_not_waited_for").await else { return };
    let running = world.start(&["run", "--name", "harbor", "--patience", "10m"]);
    world.created("harbor").await;
    world
        .say("harbor", &[("Ready", "False", "InvalidSpec"), ("Stalled", "True", "InvalidSpec")], &json!({}))
        .await;
    assert_eq!(ended(running).await.code, Some(4));
    world.finish().await;
}

#[tokio::test]
async fn without_an_operator_a_run_ends_within_30_seconds_and_says_so() {
    let Some(world) = World::new("without_an_operator_a_run_ends_within_30_seconds_and_says_so").await else {
        return;
    };
    let began = std::time::Instant::now();
    let end = world.plugin(&["run", "--name", "harbor"]).await;
    assert_eq!(end.code, Some(4), "{}", end.stderr);
    assert!(end.stderr.lines().last().unwrap().starts_with("not measurable: NoOperator: "), "{}", end.stderr);
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    world.finish().await;
}

#[tokio::test]
async fn a_run_without_a_verdict_in_time_ends_with_5_and_what_was_said_last() {
    let Some(world) = World::new("a_run_without_a_verdict_in_time_ends_with_5_and_what_was_said_last").await
    else {
        return;
    };
    let running = world.start(&["run", "--name", "harbor", "--timeout", "8s"]);
    world.created("harbor").await;
    world.say("harbor", &WAITING, &json!({})).await;
    let end = ended(running).await;
    assert_eq!(end.code, Some(5), "{}", end.stderr);
    assert_eq!(
        end.stderr.lines().last(),
        Some("timed out after 8s, WaitingForClients: WaitingForClients in words")
    );
    assert!(world.is_gone("harbor").await);
    world.finish().await;
}

#[tokio::test]
async fn an_interrupted_run_removes_its_session() {
    let Some(world) = World::new("an_interrupted_run_removes_its_session").await else { return };
    let running = world.start(&["run", "--name", "harbor"]);
    world.created("harbor").await;
    interrupt(&running);
    let end = ended(running).await;
    assert_eq!(end.code, Some(130), "{}", end.stderr);
    assert!(world.is_gone("harbor").await);
    world.finish().await;
}

#[tokio::test]
async fn a_session_of_the_same_name_is_left_alone() {
    let Some(world) = World::new("a_session_of_the_same_name_is_left_alone").await else { return };
    world.create("harbor", &json!({})).await;
    let end = world.plugin(&["run", "--name", "harbor"]).await;
    assert_eq!(end.code, Some(1), "{}", end.stderr);
    assert!(end.stderr.contains("\"harbor\" already exists"), "{}", end.stderr);
    assert!(!world.is_gone("harbor").await);
    world.finish().await;
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_one_line() {
    let Some(world) = World::new("wrong_usage_ends_with_2_and_one_line").await else { return };
    for arguments in [
        &["run", "--require", "latency-p95=5s"][..],
        &["run", "--for", "1s"],
        &["run", "--clients", "0"],
        &["run", "--drill", "30s"],
        &["run", "--path", "Relay"],
        &["run", "--path", "Ingress"],
        &["report"],
        &["report", "Harbor"],
        &[],
    ] {
        let end = world.plugin(arguments).await;
        assert_eq!((end.code, end.stderr.lines().count()), (Some(2), 1), "{arguments:?}: {}", end.stderr);
    }
    world.finish().await;
}
