//! What a server says of a session while it runs and at its end, and that all views say the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ballsession_tests::{Client, Collector, Server, Signal, as_posted, eventually};
use report::post::{Answer, ServerPost};
use report::{Summary, VerdictSummary};

/// Waits until the verdict has this reason.
fn reason(server: &Server, reason: &str) -> VerdictSummary {
    server.eventually(reason, |status| status.verdict.clone().filter(|verdict| verdict.reason == reason))
}

/// The line with the verdict on the whole run.
fn required(stdout: &[String]) -> &str {
    stdout.iter().find_map(|line| line.strip_prefix("required: ")).unwrap_or_else(|| panic!("{stdout:?}"))
}

/// L8: a run that a signal cut short is not the run that was asked for, however good it was.
#[test]
fn a_run_that_is_ended_before_its_duration_has_not_met_what_was_required() {
    let server = Server::start(&["--duration", "60s", "--require", "loss=5,frames=30"]);
    let client = Client::start("early", server.signaling(), &[]);
    server.matched("early", 60);
    let server = server.stop();
    assert_eq!(server.exited.code, Some(3), "{:?}", server.exited);
    let said = required(&server.exited.stdout);
    assert!(said.starts_with("InsufficientSamples: the run was ended after "), "{said}");
    assert!(said.ends_with(" s, and 60 s were asked for"), "{said}");
    let verdict = server.summary.verdict.unwrap();
    assert_eq!((verdict.met, verdict.reason.as_str()), (None, "InsufficientSamples"));
    assert_eq!(client.finish().exited.code, Some(0));

    // Without anything required it ends as it was asked to.
    let server = Server::start(&["--duration", "60s"]).stop();
    assert_eq!((server.exited.code, server.summary.verdict), (Some(0), None));
}

/// V6: nothing is lost, and the viewer saw a still picture.
#[test]
fn a_client_that_is_stopped_for_a_moment_is_a_freeze() {
    let server = Server::start(&["--require", "freeze=300ms,frames=30"]);
    let client = Client::start("stopped", server.signaling(), &["--node", "worker-7"]);
    server.matched("stopped", 60);
    client.signal(Signal::STOP);
    std::thread::sleep(Duration::from_millis(900));
    client.signal(Signal::CONT);
    let verdict = reason(&server, "FreezeTooLong");
    assert_eq!((verdict.met, verdict.client.as_deref()), (Some(false), Some("stopped")), "{verdict:?}");
    assert_eq!(verdict.node.as_deref(), Some("worker-7"), "{verdict:?}");
    client.stop();
    let server = server.stop();
    assert_eq!(server.exited.code, Some(3), "{:?}", server.exited);
    assert!(required(&server.exited.stdout).contains("FreezeTooLong: "), "{:?}", server.exited);
    let longest = server.summary.freezes.unwrap().longest_milliseconds;
    assert!((800.0..3000.0).contains(&longest), "{longest}");
    let turned = |line: &String| line.starts_with("verdict: FreezeTooLong: ");
    assert!(server.exited.stdout.iter().any(turned), "{:?}", server.exited);
}

/// V1, V7: the other two do not hide the one that is gone.
#[test]
fn of_three_clients_the_one_that_is_killed_is_named_within_ten_seconds() {
    let server = Server::start(&["--require", "loss=90,frames=30"]);
    let names = ["one", "two", "three"];
    let [one, two, three] =
        names.map(|id| Client::start(id, server.signaling(), &["--node", &format!("node-of-{id}")]));
    names.iter().for_each(|id| server.matched(id, 30));
    two.kill();
    let killed = Instant::now();
    let verdict = reason(&server, "ClientsLost");
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    assert_eq!((verdict.met, verdict.client.as_deref()), (Some(false), Some("two")), "{verdict:?}");
    assert_eq!(verdict.node.as_deref(), Some("node-of-two"), "{verdict:?}");
    assert!(verdict.message.contains("two on node-of-two"), "{verdict:?}");
    for client in [one, three] {
        client.stop();
    }
    let server = server.stop();
    assert_eq!(server.exited.code, Some(3), "{:?}", server.exited);
    let lost = |line: &&String| line.contains("two (127.0.0.1:") && line.contains("PeerLost");
    assert_eq!(server.exited.stderr.iter().filter(lost).count(), 1, "{:?}", server.exited);
}

/// V1: a server without clients is not a server that has nothing to say.
#[test]
fn a_server_posts_with_no_client_as_well_and_at_once_when_media_stops() {
    let collector = Collector::start();
    let server = Server::start(&collector.flags(&[]));
    let none = collector.eventually("two posts", |posts: &[ServerPost]| posts.get(1).cloned());
    assert_eq!((none.connected_clients, none.summary.frames.sent), (0, 0));
    let client = Client::start("gone", server.signaling(), &[]);
    server.matched("gone", 30);
    client.kill();
    let killed = Instant::now();
    collector.eventually("a post that says so", |posts: &[ServerPost]| {
        let judged = posts.last()?.judged.clone()?.to_clients();
        let is_gone = |media: report::judged::Media| {
            matches!(media, report::judged::Media::Gone { seconds } if seconds >= 5.0)
        };
        judged.iter().any(|client| is_gone(client.media)).then_some(())
    });
    // 5 s until it counts, and then no wait for the next regular post.
    assert!(killed.elapsed() < Duration::from_millis(7500), "{:?}", killed.elapsed());
    assert_eq!(server.stop().exited.code, Some(0));
}

#[test]
fn the_operators_answer_is_applied_and_junk_changes_nothing() {
    let answer = Answer {
        schema_version: Answer::SCHEMA_VERSION,
        window_seconds: 7.0,
        epoch: "e1".into(),
        wanted_prefix: "demo-client-".into(),
        wanted: "0-1".into(),
        suspended: true,
        advertise: None,
    };
    let collector = Collector::answering_with("202 Accepted", serde_json::to_string(&answer).unwrap());
    let server = Server::start(&collector.flags(&["--require", "loss=1"]));
    reason(&server, "Suspended");
    assert_eq!(server.status().recent.window_seconds, 7.0);
    server.stop();

    let collector = Collector::answering_with("202 Accepted", "{\"windowSeconds\":7}".into());
    let server = Server::start(&collector.flags(&["--require", "loss=1"]));
    collector.eventually("two posts", |posts: &[ServerPost]| posts.get(1).map(|_| ()));
    let status = server.status();
    assert_eq!((status.recent.window_seconds, status.verdict.unwrap().reason.as_str()), (60.0, "NoClients"));
}

/// The metric `name` in `exposition`.
fn metric(exposition: &str, name: &str) -> Option<f64> {
    let value = exposition.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map(|value| value.parse().unwrap_or_else(|error| panic!("{name} {value}: {error}")))
}

#[test]
fn all_views_of_one_number_say_the_same() {
    let collector = Collector::start();
    let server = Server::start(&collector.flags(&["--require", "loss=50,frames=30", "--window", "5s"]));
    let client = Client::start("seen", server.signaling(), &[]);
    server.matched("seen", 60);
    let mut statuses: BTreeMap<u64, Summary> = BTreeMap::new();
    let post = eventually("a post whose status was seen", || {
        let status = server.status();
        statuses.insert(status.sequence, status);
        let posts: Vec<ServerPost> = collector.posts();
        let is_late = |post: &&ServerPost| post.summary.recent.frames.matched > 0;
        posts.into_iter().find(|post| is_late(&post) && statuses.contains_key(&post.summary.sequence))
    });
    let status = &statuses[&post.summary.sequence];
    assert_eq!(post.summary, as_posted(status));
    assert_eq!(post.instance.as_ref(), Some(&status.instance));

    let (status, metrics) = eventually("metrics of the same view", || {
        let (status, metrics) = (server.status(), server.get("/metrics").body);
        let is_same = metric(&metrics, "ballsession_report_sequence") == Some(status.sequence as f64);
        is_same.then_some((status, metrics))
    });
    let recent = status.recent;
    for (name, value) in [
        ("ballsession_recent_loss_ratio", recent.loss_percent.map(|percent| percent / 100.0)),
        ("ballsession_recent_undetected_ratio", recent.undetected_percent.map(|percent| percent / 100.0)),
        ("ballsession_recent_delivered_ratio", recent.delivered_percent.map(|percent| percent / 100.0)),
        ("ballsession_recent_error_pixels{percentile=\"95\"}", recent.error_pixels.map(|error| error.p95)),
        ("ballsession_frames_total{fate=\"matched\"}", Some(status.frames.matched as f64)),
        ("ballsession_network_packets_sent_total", Some(status.network.packets_sent as f64)),
    ] {
        assert!(value.is_some() && metric(&metrics, name) == value, "{name} {value:?} in {metrics}");
    }
    let verdict = status.verdict.unwrap();
    for (name, value) in [
        ("ballsession_verdict{verdict=\"Met\"}".to_owned(), f64::from(u8::from(verdict.met == Some(true)))),
        (format!("ballsession_verdict_reason{{reason=\"{}\"}}", verdict.reason), 1.0),
    ] {
        assert_eq!(metric(&metrics, &name), Some(value), "{metrics}");
    }

    client.stop();
    let server = server.stop();
    let last = collector.posts::<ServerPost>().pop().unwrap();
    assert!(last.is_final, "{last:?}");
    assert_eq!(last.summary, as_posted(&server.summary));
    let verdict = server.summary.verdict.unwrap();
    assert!(required(&server.exited.stdout).starts_with(&verdict.reason), "{verdict:?} {:?}", server.exited);
}
