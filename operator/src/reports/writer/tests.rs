//! From an accepted report to what is applied: every step at a given time.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use jiff::Timestamp;
use report::post::ServerPost;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::report_source::ReportSource;
use crate::reports::post::Post;
use crate::reports::status::condition;
use crate::reports::stores::SessionKey;
use crate::reports::testing::{NAMESPACE, World, pod_key, run, server_post, stored};
use crate::run::{End, Outcome, Progress};
use crate::session::{Session, validate};

/// The writer, step by step: a tenth of a second at a time.
struct Steps {
    world: World,
    start: Instant,
    tenths: u32,
}

impl Steps {
    fn new() -> Self {
        Self { world: World::new(), start: Instant::now(), tenths: 0 }
    }

    fn at(&self) -> Moment {
        let elapsed = Duration::from_millis(100) * self.tenths;
        let wall = Timestamp::UNIX_EPOCH + jiff::SignedDuration::try_from(elapsed).unwrap();
        Moment { now: self.start + elapsed, wall }
    }

    fn report(&self, post: ServerPost) {
        let session =
            SessionKey { namespace: NAMESPACE.into(), name: "harbor".into(), uid: "harbor-uid".into() };
        let post = Post::Server(Box::new(post));
        self.world.reports.ledger.accept(&session, &pod_key("server"), post, self.at()).unwrap();
    }

    /// What the task does in so many seconds. The watch sees each write at once.
    async fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds * 10 {
            if self.tenths.is_multiple_of(50) {
                self.world.reports.ledger.resync(self.at()).await;
            }
            while let Some(write) = self.world.reports.ledger.next_write(self.at()) {
                let result = self.world.reports.writer().apply(&write).await;
                self.world.watch_applied(&json!({}));
                self.world.reports.ledger.write_done(&write, result, self.at());
            }
            self.tenths += 1;
        }
    }

    /// Those of a run that was good until its end, and since when that is asked for.
    async fn at_the_end() -> (Self, Instant) {
        let mut steps = Self::new();
        steps.report(post(1, 3));
        steps.pass(12).await;
        assert_eq!(condition(&steps.last()).unwrap().status, "True");
        let since = steps.at().now;
        let mut last = post(2, 3);
        last.connected_clients = 0;
        steps.report(last);
        steps.finish(since);
        (steps, since)
    }

    fn applied(&self) -> usize {
        self.world.api_server.applied().len()
    }

    fn last(&self) -> BallSessionStatus {
        self.world.api_server.applied().pop().unwrap().1
    }

    fn finish(&self, since: Instant) -> Progress {
        let session = session(&json!({}));
        let end = End { since, outcome: Outcome::Finished };
        self.world.reports.finish_run(&session, end, self.at().now)
    }
}

fn session(spec: &Value) -> Session {
    validate(&stored(spec, &json!({}))).unwrap()
}

fn post(sequence: u64, lost: u64) -> ServerPost {
    let mut post = server_post(sequence);
    post.summary.recent.frames.lost = lost;
    post
}

#[tokio::test]
async fn a_session_has_its_condition_soon_and_then_no_more_writes() {
    let mut steps = Steps::new();
    steps.pass(1).await;
    assert_eq!(steps.applied(), 1);
    assert_eq!(condition(&steps.last()).unwrap().reason, "NoReports");
    steps.pass(600).await;
    assert_eq!(steps.applied(), 1, "nothing changes by the passing of time");
}

/// Somebody has applied a status that they had read before. What the writer leaves out of it later stayed, and was written against
/// every few seconds.
#[tokio::test]
async fn what_somebody_else_owns_as_well_is_taken_away_once() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    *steps.world.api_server.co_owned.lock().unwrap() = json!({"display": {"cause": "Network"}});
    for sequence in 2..60 {
        steps.pass(10).await;
        steps.report(post(sequence, 3));
    }
    assert_eq!(steps.applied(), 1);
    let removed = steps.world.api_server.removed.lock().unwrap().clone();
    assert_eq!(removed, [json!({"display": {"cause": null}})]);
}

#[tokio::test]
async fn equal_numbers_are_not_written_again() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(1).await;
    let before = steps.applied();
    assert_eq!(condition(&steps.last()).unwrap().reason, "Met");
    for sequence in 2..60 {
        steps.report(post(sequence, 3));
        steps.pass(10).await;
    }
    assert_eq!(steps.applied(), before);
}

#[tokio::test]
async fn numbers_are_written_once_a_minute_and_words_every_ten_seconds() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(2).await;
    let before = steps.applied();
    for sequence in 2..=121 {
        let mut post = post(sequence, 10 + sequence);
        post.summary.recent.loss_percent = Some(0.001 * sequence as f64);
        steps.report(post);
        steps.pass(5).await;
    }
    let numbers = steps.applied() - before;
    assert!((9..=10).contains(&numbers), "{numbers} in 600 s");

    let before = steps.applied();
    for sequence in 122..=181 {
        let mut post = post(sequence, 3);
        post.summary.errors = serde_json::from_value(json!([
            {"code": "IceFailed", "count": sequence, "message": format!("peer {sequence}"), "lastSeen": "2026-01-01T00:00:00Z"}
        ]))
        .unwrap();
        steps.report(post);
        steps.pass(5).await;
    }
    let words = steps.applied() - before;
    assert!((30..=31).contains(&words), "{words} in 300 s");
}

/// The numbers of another process would stand beside what is said of the first one's for a minute.
#[tokio::test]
async fn numbers_come_with_whatever_is_written_and_the_first_ones_at_once() {
    let mut steps = Steps::new();
    steps.pass(1).await;
    assert_eq!(steps.applied(), 1, "a condition, and no numbers");
    let mut few = post(1, 3);
    few.summary.recent.frames = report::Frames { sent: 20, matched: 20, ..report::Frames::default() };
    steps.report(few);
    steps.pass(1).await;
    let sent = |steps: &Steps| steps.last().measurements.unwrap().frames.unwrap().sent;
    assert_eq!(sent(&steps), 20);
    steps.report(post(2, 3));
    steps.pass(2).await;
    assert_eq!(condition(&steps.last()).unwrap().reason, "Met");
    assert!(sent(&steps) > 20, "with the verdict that is made of them");
}

#[tokio::test]
async fn the_first_error_and_a_change_of_verdict_are_written_at_once() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(5).await;
    let mut bad = post(2, 3);
    bad.summary.errors = serde_json::from_value(json!([
        {"code": "IceFailed", "count": 1, "message": "m", "lastSeen": "2026-01-01T00:00:00Z"}
    ]))
    .unwrap();
    steps.report(bad.clone());
    steps.pass(1).await;
    assert_eq!(steps.last().error_count, Some(1));
    assert_eq!(condition(&steps.last()).unwrap().status, "True");

    // A bad report is one too many, and another reason is not put off either.
    (bad.sequence, bad.summary.recent.loss_percent) = (3, Some(8.1));
    steps.report(bad.clone());
    steps.pass(2).await;
    assert_eq!(condition(&steps.last()).unwrap().reason, "LossTooHigh");
    bad.sequence = 4;
    bad.clients_without_media = 1;
    bad.summary.clients[0].frames = report::Frames { sent: 9000, lost: 9000, ..report::Frames::default() };
    steps.report(bad);
    steps.pass(2).await;
    assert_eq!(condition(&steps.last()).unwrap().reason, "NoMedia");
}

/// Nobody would say it again to an operator that takes over before it is written.
#[tokio::test]
async fn the_last_post_of_a_pod_that_ends_is_written_at_once() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(15).await;
    let before = steps.applied();
    steps.report(post(2, 4));
    steps.pass(5).await;
    assert_eq!(steps.applied(), before, "counters of one that goes on can wait");
    steps.world.end_pod("server");
    steps.report(post(3, 5));
    steps.pass(1).await;
    assert_eq!(steps.applied(), before + 1);
    let frames = steps.last().measurements.unwrap().frames.unwrap();
    assert_eq!(frames.lost, 5);
}

#[tokio::test]
async fn a_watch_that_lags_causes_no_second_write() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    let write = steps.world.reports.ledger.next_write(steps.at()).unwrap();
    let result = steps.world.reports.writer().apply(&write).await;
    steps.world.reports.ledger.write_done(&write, result, steps.at());
    // The watch still shows the session without numbers when the next report comes.
    steps.report(post(2, 3));
    assert!(steps.world.reports.ledger.next_write(steps.at()).is_none());
    steps.world.watch_applied(&json!({}));
    steps.pass(20).await;
    assert_eq!(steps.applied(), 1);
    assert_eq!(steps.world.metrics.writes(WriteOutcome::Suppressed), 1);
}

#[tokio::test]
async fn failures_are_retried_and_counted() {
    let mut steps = Steps::new();
    steps.world.api_server.is_down.store(true, Ordering::Relaxed);
    steps.report(post(1, 3));
    steps.pass(20).await;
    assert_eq!(steps.world.metrics.writes(WriteOutcome::Failed), 5, "after 0, 1, 3, 7 and 15 s");
    steps.world.api_server.is_down.store(false, Ordering::Relaxed);
    steps.pass(31).await;
    assert_eq!((steps.applied(), steps.world.metrics.writes(WriteOutcome::Written)), (1, 1));
}

#[tokio::test]
async fn another_run_begins_when_the_numbers_of_the_last_are_gone() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(1).await;
    let mut status = serde_json::to_value(steps.last()).unwrap();
    let first = run(&json!({}));
    status["run"] = json!({"hash": first});
    let spec = json!({"video": {"width": 320}});
    let begin = |steps: &Steps| steps.world.reports.begin_run(&session(&spec));
    assert_eq!(begin(&steps), Progress::Pending, "the watch does not know the new spec yet");

    let mut changes = steps.world.reports.changes().unwrap();
    while changes.try_recv().is_ok() {}
    steps.world.watch_session(&stored(&spec, &status));
    assert_eq!(begin(&steps), Progress::Pending);
    steps.tenths = 20;
    assert!(
        steps.world.reports.ledger.next_write(steps.at()).is_none(),
        "the history does not have them yet"
    );
    status["history"] = json!([{"hash": first, "verdict": "Unknown", "reason": "Cut"}]);
    steps.world.watch_session(&stored(&spec, &status));
    assert_eq!(begin(&steps), Progress::Pending);

    let write = steps.world.reports.ledger.next_write(steps.at()).unwrap();
    let result = steps.world.reports.writer().apply(&write).await;
    steps.world.reports.ledger.write_done(&write, result, steps.at());
    assert_eq!(steps.last().measurements, None);
    assert_eq!(changes.try_recv().unwrap().name, "harbor");
    assert_eq!(begin(&steps), Progress::Done);
}

#[tokio::test]
async fn the_end_of_a_run_is_written_once_and_for_all() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    steps.pass(12).await;
    let since = steps.at().now;
    assert_eq!(steps.finish(since), Progress::Pending);
    let mut last = post(2, 3);
    last.connected_clients = 0;
    steps.report(last);
    assert_eq!(steps.finish(since), Progress::Pending);
    steps.pass(1).await;
    assert_eq!(steps.finish(since), Progress::Done);
    assert_eq!(steps.last().display.unwrap().error_p95.as_deref(), Some("0.02px"));

    let before = steps.applied();
    steps.report(post(3, 900));
    steps.pass(120).await;
    assert_eq!(steps.applied(), before);
}

/// V12: after five refusals what was said of the last window stood as the verdict on the run.
#[tokio::test]
async fn a_run_whose_last_numbers_are_refused_ends_without_a_verdict() {
    let (mut steps, since) = Steps::at_the_end().await;
    steps.world.api_server.refuses_numbers.store(true, Ordering::Relaxed);
    steps.pass(10).await;
    assert_eq!(steps.finish(since), Progress::Pending);
    steps.pass(30).await;
    assert_eq!(steps.finish(since), Progress::Done);
    assert_eq!(steps.world.metrics.writes(WriteOutcome::Failed), 5, "after 0, 1, 3, 7 and 15 s");
    let met = condition(&steps.last()).cloned().unwrap();
    assert_eq!((met.status.as_str(), met.reason.as_str()), ("Unknown", "NoReports"));
    assert_eq!((steps.last().measurements, steps.last().clients), (None, vec![]));
}

#[tokio::test]
async fn a_run_does_not_end_before_something_is_stored() {
    let (mut steps, since) = Steps::at_the_end().await;
    steps.world.api_server.is_strict.store(true, Ordering::Relaxed);
    steps.pass(300).await;
    assert_eq!(steps.finish(since), Progress::Pending);
    let tries = steps.world.metrics.writes(WriteOutcome::Failed);
    assert!((10..=16).contains(&tries), "{tries} in 5 minutes");
    steps.world.api_server.is_strict.store(false, Ordering::Relaxed);
    steps.pass(31).await;
    assert_eq!(steps.finish(since), Progress::Done);
    assert_eq!(condition(&steps.last()).unwrap().status, "Unknown");

    // That it cannot be reached is another matter.
    let mut steps = Steps::new();
    steps.world.api_server.is_down.store(true, Ordering::Relaxed);
    steps.finish(steps.start);
    steps.pass(300).await;
    assert_eq!(steps.finish(steps.start), Progress::Pending);
}

#[tokio::test]
async fn an_end_that_changes_nothing_is_an_end() {
    let mut steps = Steps::new();
    let mut last = post(1, 3);
    last.summary.recent.error_pixels = last.summary.error_pixels;
    last.connected_clients = 0;
    steps.report(last);
    steps.pass(12).await;
    let since = steps.at().now;
    assert_eq!(steps.finish(since), Progress::Pending);
    steps.pass(2).await;
    steps.finish(since);
    steps.pass(2).await;
    assert_eq!(steps.finish(since), Progress::Done);
    let before = steps.applied();
    assert_eq!(steps.finish(since), Progress::Done);
    assert_eq!(steps.applied(), before);
}

#[tokio::test]
async fn a_run_that_is_stored_as_finished_is_at_its_end() {
    let mut steps = Steps::new();
    let status = json!({
        "run": {"hash": run(&json!({}))},
        "conditions": [{"type": "Complete", "status": "True", "reason": "Finished", "message": "",
                        "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    });
    steps.world.watch_session(&stored(&json!({}), &status));
    assert_eq!(steps.finish(steps.start), Progress::Done);
    steps.report(post(1, 3));
    steps.pass(60).await;
    assert_eq!(steps.applied(), 0);
}

#[tokio::test]
async fn the_controller_is_notified_of_pods_that_are_gone_and_of_unresponsive_servers() {
    let mut steps = Steps::new();
    steps.report(post(1, 3));
    let mut changes = steps.world.reports.changes().unwrap();
    let mut notified = |seconds: u32| {
        let count = std::iter::from_fn(|| changes.try_recv().ok()).count();
        (seconds, count > 0)
    };
    steps.pass(1).await;
    assert!(notified(1).1);
    steps.pass(20).await;
    assert!(!notified(21).1);
    steps.pass(15).await;
    assert!(notified(36).1, "nothing was said for 30 s");
    steps.world.unwatch_pod("server");
    steps.pass(5).await;
    assert!(notified(41).1);
}

#[tokio::test]
async fn the_task_writes_until_it_is_stopped() {
    let steps = Steps::new();
    let stop = CancellationToken::new();
    let task = tokio::spawn(steps.world.reports.writer().run(stop.clone()));
    let deadline = Instant::now() + Duration::from_secs(30);
    while steps.applied() == 0 {
        assert!(Instant::now() < deadline, "nothing was written");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn what_is_due_when_the_task_is_stopped_is_still_written() {
    let steps = Steps::new();
    let stop = CancellationToken::new();
    stop.cancel();
    steps.report(post(1, 3));
    let begun = Instant::now();
    steps.world.reports.writer().run(stop).await;
    assert_eq!(steps.applied(), 1);
    assert!(begun.elapsed() < Duration::from_secs(5), "what is not due is not waited for");
}
