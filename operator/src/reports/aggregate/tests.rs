//! A session's reports from the first to the last, on virtual time.

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use report::post::ServerPost;
use report::{ErrorCode, ErrorEntry, State};
use serde_json::{Value, json};

use super::*;
use crate::reports::status::{Change, condition};
use crate::reports::stores::PodKey;
use crate::reports::testing::{client_post, pod_key, run, server_post, stored};

/// One session, its aggregate and its stored status.
struct Story {
    aggregate: Aggregate,
    session: BallSession,
    spec: Value,
    start: Instant,
    second: u64,
}

impl Story {
    fn new(spec: &Value) -> Self {
        let session = stored(spec, &json!({}));
        let start = Instant::now();
        Self { aggregate: Aggregate::default(), session, spec: spec.clone(), start, second: 0 }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_secs(self.second)
    }

    /// Does something with the session, `second` seconds after the start.
    fn at<T>(&mut self, second: u64, then: impl FnOnce(&mut Tracked, &Subject<'_>, Instant) -> T) -> T {
        self.second = second;
        let (now, subject) = (self.now(), Subject::of(&self.session));
        let key = SessionKey::of(&self.session).unwrap();
        then(self.aggregate.follow(&key, &subject, now), &subject, now)
    }

    fn server(&mut self, second: u64, post: ServerPost) -> Heard {
        let pod = self.pod("server");
        self.at(second, |tracked, subject, now| tracked.server(pod, post, subject, now))
    }

    fn client(&mut self, second: u64, pod: &str, errors: u64) -> Heard {
        let mut post = client_post(second + 1);
        post.errors = error(ErrorCode::IceFailed, errors);
        let pod = self.pod(pod);
        self.at(second, |tracked, subject, now| tracked.client(pod, post, subject, now))
    }

    fn pod(&self, name: &str) -> PodFacts {
        let created = Some(Timestamp::UNIX_EPOCH);
        PodFacts { key: pod_key(name), created, node: Some("worker-1".into()), run: Some(run(&self.spec)) }
    }

    fn wanted(&mut self, second: u64) -> Option<BallSessionStatus> {
        let wall = Timestamp::from_second(1_767_225_600 + i64::try_from(second).unwrap()).unwrap();
        self.at(second, |tracked, subject, now| tracked.wanted(subject, now, wall))
    }

    /// Writes what is wanted, as the writer does, for a controller that has stored the run.
    fn write(&mut self, second: u64) -> Value {
        let wanted = self.wanted(second).expect("nothing is to be written");
        let mut status = serde_json::to_value(&wanted).unwrap();
        status["run"] = json!({"hash": run(&self.spec)});
        self.session = stored(&self.spec, &status);
        let hash = run(&self.spec);
        self.at(second, |tracked, _, _| {
            let is_final = tracked.is_final();
            tracked.written(Some(&hash), is_final)
        });
        status
    }

    /// Another operator, that knows what is stored and nothing else.
    fn restart(&mut self) {
        self.aggregate = Aggregate::default();
    }

    fn forget(&mut self, gone: &[&str]) -> bool {
        let second = self.second;
        self.at(second, |tracked, _, _| {
            tracked.forget_pods(|pod: &PodKey| !gone.contains(&pod.name.as_str()))
        })
    }
}

fn error(code: ErrorCode, count: u64) -> Vec<ErrorEntry> {
    let last_seen = Timestamp::UNIX_EPOCH;
    if count == 0 { Vec::new() } else { vec![ErrorEntry { code, count, message: "m".into(), last_seen }] }
}

/// A post of the process that started at `start`, with so many frames lost and errors.
fn post(start: i64, sequence: u64, lost: u64) -> ServerPost {
    let mut post = server_post(sequence);
    post.started_at = Timestamp::from_second(1_767_225_600 + start).unwrap();
    post.summary.started_at = post.started_at;
    post.summary.recent.frames.lost = lost;
    post.summary.errors = error(ErrorCode::PeerLost, lost);
    for row in &mut post.summary.clients {
        row.frames.sent = 9_000 + sequence;
    }
    post
}

fn lost(status: &BallSessionStatus) -> i64 {
    status.measurements.as_ref().unwrap().frames.unwrap().lost
}

fn met(status: &BallSessionStatus) -> (String, String) {
    let condition = condition(status).unwrap();
    (condition.status.clone(), condition.reason.clone())
}

fn says(status: &BallSessionStatus, expected: (&str, &str)) -> bool {
    met(status) == (expected.0.into(), expected.1.into())
}

#[test]
fn order_and_repetition_do_not_matter() {
    let posts: Vec<_> = (1..=20).map(|sequence| post(0, sequence, sequence)).collect();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..50 {
        let mut order: Vec<_> = posts.iter().chain(&posts).cloned().collect();
        random.shuffle(&mut order);
        let mut story = Story::new(&json!({}));
        let mut highest = 0;
        for post in order {
            let heard = story.server(1, post);
            let shown = lost(&story.wanted(1).unwrap());
            assert!(shown >= highest, "numbers of a process never go back");
            assert_eq!(heard == Heard::Ignored, shown == highest);
            highest = shown;
        }
        let status = story.wanted(1).unwrap();
        assert_eq!((lost(&status), status.server_restarts, status.error_count), (20, Some(0), Some(20)));
    }
}

#[test]
fn a_new_process_is_a_visible_reset() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 9, 5));
    assert_ne!(story.server(10, post(60, 1, 0)), Heard::Ignored);
    let status = story.wanted(10).unwrap();
    assert_eq!((lost(&status), status.server_restarts), (0, Some(1)));
    assert_eq!(status.measurements.unwrap().started_at.unwrap().0.as_second(), 1_767_225_660);
    assert_eq!(status.error_count, Some(5), "errors are those of the run");
    assert_eq!(story.server(20, post(0, 10, 6)), Heard::Ignored, "the process before is over");
}

#[test]
fn only_the_newest_server_pod_of_the_run_counts() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 1));
    let mut other = story.pod("other");
    other.run = Some("of another run".into());
    let heard = |story: &mut Story, pod: PodFacts, post| {
        story.at(1, |tracked, subject, now| tracked.server(pod, post, subject, now))
    };
    assert_eq!(heard(&mut story, other.clone(), post(60, 1, 2)), Heard::Ignored);
    other.run = None;
    assert_eq!(heard(&mut story, other.clone(), post(60, 1, 2)), Heard::Ignored);

    // A newer pod replaces the older one, whatever the clocks of their nodes say; never the other way round.
    other = story.pod("other");
    other.created = Some(Timestamp::from_second(60).unwrap());
    assert_eq!(heard(&mut story, other, post(-60, 1, 2)), Heard::News);
    assert_eq!(story.server(2, post(0, 2, 9)), Heard::Ignored);
    assert_eq!(lost(&story.wanted(2).unwrap()), 2);
}

#[test]
fn pods_that_are_gone_leave_their_numbers_and_errors() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 2));
    story.client(0, "client-a", 3);
    story.client(0, "client-b", 4);
    assert_eq!(story.wanted(0).unwrap().error_count, Some(9));
    assert!(story.forget(&["client-a", "server"]));
    assert!(!story.forget(&["client-a", "server"]));
    let view = story.at(0, |tracked, _, _| tracked.view());
    assert_eq!((view.server, view.clients.into_keys().collect()), (None, vec!["client-b".to_owned()]));
    let status = story.wanted(1).unwrap();
    assert_eq!((status.error_count, lost(&status)), (Some(9), 2));
    assert_eq!(story.server(5, post(60, 1, 1)), Heard::News);
    assert_eq!(story.wanted(5).unwrap().error_count, Some(10));
}

#[test]
fn errors_of_clients_show_without_any_report_of_a_server() {
    let mut story = Story::new(&json!({}));
    story.client(0, "client-a", 3);
    let status = story.wanted(0).unwrap();
    assert_eq!((status.error_count, status.errors[0].code.as_str()), (Some(3), "IceFailed"));
    assert!(says(&status, ("Unknown", "NoReports")));
}

#[test]
fn no_more_client_pods_are_remembered_than_a_session_can_have() {
    let mut story = Story::new(&json!({}));
    let taken = (0..1000).filter(|pod| story.client(0, &format!("pod-{pod}"), 1) != Heard::Ignored).count();
    assert_eq!(taken, 256);
}

#[test]
fn news_is_what_is_more_than_numbers() {
    let mut story = Story::new(&json!({}));
    assert_eq!(story.server(0, post(0, 1, 1)), Heard::News);
    let mut next = post(0, 2, 2);
    next.summary.clients.reverse();
    assert_eq!(story.server(10, next.clone()), Heard::Numbers);
    next.sequence = 3;
    next.summary.clients[0].state = State::Lost;
    assert_eq!(story.server(20, next.clone()), Heard::News);
    next.sequence = 4;
    next.connected_clients = 1;
    assert_eq!(story.server(30, next), Heard::News);
}

#[test]
fn a_silent_server_makes_everything_unknown_and_its_return_a_first_verdict() {
    let mut story = Story::new(&json!({}));
    assert!(says(&story.wanted(0).unwrap(), ("Unknown", "NoReports")));
    story.server(0, post(0, 1, 0));
    assert!(says(&story.wanted(29).unwrap(), ("True", "Met")));
    let fell_silent =
        |story: &mut Story, second| story.at(second, |tracked, _, now| tracked.falls_silent(now));
    assert!(!fell_silent(&mut story, 29));
    assert!(fell_silent(&mut story, 30));
    assert!(!fell_silent(&mut story, 40));
    let silent = story.wanted(40).unwrap();
    assert!(says(&silent, ("Unknown", "NoReports")) && silent.measurements.is_some());

    let mut bad = post(0, 2, 0);
    bad.clients_without_media = 1;
    assert_eq!(story.server(41, bad), Heard::News);
    assert!(says(&story.wanted(41).unwrap(), ("False", "NoMedia")));
}

#[test]
fn a_suspended_session_keeps_its_numbers() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 0));
    story.write(0);
    let mut status = serde_json::to_value(story.session.status.as_ref().unwrap()).unwrap();
    status["run"] = json!({"hash": run(&json!({}))});
    story.session = stored(&json!({"suspend": true}), &status);
    for is_restarted in [false, true] {
        if is_restarted {
            story.restart();
        }
        let suspended = story.wanted(5).unwrap();
        assert!(says(&suspended, ("Unknown", "Suspended")) && lost(&suspended) == 0);
    }
}

#[test]
fn a_restarted_operator_writes_nothing_before_it_knows_something() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 5, 7));
    story.client(0, "client-a", 3);
    story.write(0);
    story.restart();
    let stored = Subject::of(&story.session).owned();
    assert_eq!(story.wanted(100).as_ref(), Some(&stored));
    assert_eq!(story.wanted(129).as_ref(), Some(&stored));
    let silent = story.wanted(130).unwrap();
    assert!(says(&silent, ("Unknown", "NoReports")) && lost(&silent) == 7, "only after the time to report");

    // Where there is no condition yet, there is one at once.
    let mut fresh = Story::new(&json!({}));
    let unknown = fresh.wanted(0).unwrap();
    assert!(says(&unknown, ("Unknown", "NoReports")));
    assert_eq!(BallSessionStatus { conditions: Vec::new(), ..unknown }, BallSessionStatus::default());
}

#[test]
fn a_restart_of_the_operator_never_lowers_numbers() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 5, 7));
    story.server(1, post(60, 5, 8));
    story.client(1, "client-a", 3);
    let before = story.wanted(1).unwrap();
    assert_eq!((before.error_count, before.server_restarts), (Some(18), Some(1)));
    story.write(1);

    story.restart();
    assert_eq!(story.server(2, post(60, 4, 6)), Heard::Ignored, "a report from before the stored numbers");
    assert_eq!(story.wanted(2).unwrap(), Subject::of(&story.session).owned());
    assert_eq!(story.server(3, post(60, 6, 9)), Heard::News);
    let after = story.wanted(3).unwrap();
    assert_eq!((lost(&after), after.server_restarts), (9, Some(1)));
    assert!(after.error_count >= before.error_count, "although the client has not reported again");

    story.restart();
    story.server(4, post(120, 1, 0));
    assert_eq!(story.wanted(4).unwrap().server_restarts, Some(2), "a process that started meanwhile");
}

#[test]
fn a_restarted_operator_does_not_change_its_mind_sooner() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 0));
    story.write(0);
    story.restart();
    let verdicts = [2, 3, 4].map(|sequence| {
        let mut bad = post(0, sequence, 0);
        bad.clients_without_media = 1;
        story.server(sequence, bad);
        met(&story.wanted(sequence).unwrap()).0
    });
    assert_eq!(verdicts, ["True", "True", "False"]);
}

#[test]
fn another_run_takes_the_numbers_away() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 3));
    story.write(0);
    let before = serde_json::to_value(story.session.status.as_ref().unwrap()).unwrap();
    for is_restarted in [false, true] {
        let mut story = Story { aggregate: std::mem::take(&mut story.aggregate), ..Story::new(&json!({})) };
        if is_restarted {
            story.restart();
        }
        // The controller stores the new run when the numbers are gone.
        story.spec = json!({"video": {"width": 320}});
        story.session = stored(&story.spec, &before);
        assert!(!story.at(1, |tracked, _, _| tracked.is_cleared()));
        let cleared = story.wanted(1).unwrap();
        assert!(says(&cleared, ("Unknown", "NoReports")));
        assert_eq!((&cleared.measurements, &cleared.display, cleared.error_count), (&None, &None, None));
        assert_eq!(Change::between(&Subject::of(&story.session).owned(), &cleared), Change::Urgent);
        let hash = run(&story.spec);
        assert!(!story.at(1, |tracked, _, _| tracked.written(Some("of another run"), false)));
        assert!(story.at(1, |tracked, _, _| tracked.written(Some(&hash), false)));
        assert!(story.at(1, |tracked, _, _| tracked.is_cleared()));
        assert_ne!(story.server(2, post(60, 1, 1)), Heard::Ignored);
        assert_eq!(story.wanted(2).unwrap().server_restarts, Some(0));
    }
}

#[test]
fn a_spec_that_makes_no_sense_takes_nothing_away() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 3));
    let status = story.write(0);
    story.session = stored(&json!({"clients": 101}), &status);
    for is_restarted in [false, true] {
        if is_restarted {
            story.restart();
        }
        let kept = story.wanted(1).unwrap();
        assert!(says(&kept, ("Unknown", "NoReports")) && lost(&kept) == 3);
        assert_eq!(story.server(2, post(0, 2, 4)), Heard::Ignored);
    }
}

/// A story whose run is over at second 100, and what ends it.
fn ending(posts: &[(u64, u32)]) -> (Story, Vec<u64>) {
    let mut story = Story::new(&json!({"duration": "5m"}));
    let since = story.start + Duration::from_secs(100);
    let mut ends = Vec::new();
    for second in 90..130 {
        if let Some((_, connected)) = posts.iter().find(|(at, _)| *at == second) {
            let mut post = post(0, second, 1);
            post.connected_clients = *connected;
            story.server(second, post);
        }
        if second >= 100 && story.at(second, |tracked, subject, now| tracked.end(since, subject, now)) {
            ends.push(second);
        }
    }
    (story, ends)
}

#[test]
fn the_end_of_a_run_waits_for_the_last_report_but_not_for_long() {
    assert_eq!(ending(&[(95, 2), (104, 0)]).1, [104], "the report after the last client");
    assert_eq!(ending(&[(95, 2), (99, 0)]).1, [102], "it came before the end was seen");
    assert_eq!(ending(&[(95, 2), (105, 1)]).1, [110], "it never comes");
    assert_eq!(ending(&[]).1, [110], "nothing ever came");
}

#[test]
fn a_finished_run_shows_the_whole_and_stays_as_it_is() {
    let (mut story, _) = ending(&[(95, 2), (104, 0)]);
    let last = story.wanted(130).unwrap();
    assert_eq!(last.measurements.as_ref().unwrap().frames.unwrap().sent, 18_000);
    assert!(says(&last, ("True", "Met")));
    story.write(130);
    assert!(story.at(130, |tracked, _, _| tracked.is_ended()));
    assert_eq!((story.server(131, post(0, 900, 99)), story.wanted(200)), (Heard::Ignored, None));

    // An operator that starts later knows it from the stored condition.
    let mut status = serde_json::to_value(story.session.status.as_ref().unwrap()).unwrap();
    status["conditions"].as_array_mut().unwrap().push(json!({
        "type": "Complete", "status": "True", "reason": "Finished", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"
    }));
    story.session = stored(&story.spec, &status);
    story.restart();
    assert_eq!((story.server(300, post(0, 901, 99)), story.wanted(300)), (Heard::Ignored, None));
}

#[test]
fn the_verdict_on_the_whole_run_is_immediate() {
    let (mut story, _) = ending(&[(95, 2)]);
    let mut strict = story.session.clone();
    strict.spec.objectives.error_pixels_p95 = "0.015".into();
    story.session = strict;
    story.restart();
    story.server(131, post(0, 1, 0));
    assert!(says(&story.wanted(131).unwrap(), ("True", "Met")), "of the last while");
    let since = story.now();
    story.at(141, |tracked, subject, now| tracked.end(since, subject, now));
    assert!(says(&story.wanted(141).unwrap(), ("False", "ErrorTooHigh")), "of the whole run");
}

#[test]
fn a_run_that_ends_after_a_restart_without_a_report_keeps_what_is_stored() {
    let mut story = Story::new(&json!({"duration": "5m"}));
    story.server(0, post(0, 1, 3));
    story.write(0);
    story.restart();
    let since = story.now();
    assert!(story.at(60, |tracked, subject, now| tracked.end(since, subject, now)));
    assert_eq!(story.wanted(60), Some(Subject::of(&story.session).owned()));
}

#[test]
fn sessions_that_are_gone_are_forgotten() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 0));
    assert!(story.aggregate.get("harbor-uid").is_some());
    story.aggregate.retain(|key| key.uid != "harbor-uid");
    assert!(story.aggregate.get("harbor-uid").is_none());
}
