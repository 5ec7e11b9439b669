//! The end of a run.

use super::*;
use crate::run::Outcome;
use crate::session::validate;

/// A scenario whose run is over at second 100, and what ends it.
fn run_end(posts: &[(u64, u32)]) -> (Scenario, Vec<u64>) {
    let mut scenario = Scenario::new(&json!({"clients": 2, "duration": "5m"}));
    let mut ends = Vec::new();
    for second in 90..130 {
        if let Some((_, connected)) = posts.iter().find(|(at, _)| *at == second) {
            let mut post = post(0, second, 1);
            post.connected_clients = *connected;
            scenario.server(second, post);
        }
        if second >= 100 && scenario.end(100, second) {
            ends.push(second);
        }
    }
    (scenario, ends)
}

#[test]
fn the_end_of_a_run_waits_for_the_last_report_but_not_for_long() {
    assert_eq!(run_end(&[(95, 2), (104, 0)]).1, [104], "the report after the last client");
    assert_eq!(run_end(&[(95, 2), (99, 0)]).1, [102], "it came before the end was seen");
    assert_eq!(run_end(&[(95, 2), (105, 1)]).1, [110], "it never comes");
    assert_eq!(run_end(&[]).1, [110], "nothing ever came");
}

#[test]
fn a_finished_run_shows_the_whole_and_stays_as_it_is() {
    let (mut scenario, _) = run_end(&[(95, 2), (104, 0)]);
    let last = scenario.desired(130).unwrap();
    assert_eq!(last.measurements.as_ref().unwrap().frames.unwrap().sent, 18_000);
    assert!(says(&last, ("True", "Met")));
    scenario.write(130);
    assert!(scenario.at(130, |tracked, _, _| tracked.is_ended()));
    assert_eq!((scenario.server(131, post(0, 900, 99)), scenario.desired(200)), (PostEffect::Ignored, None));

    // An operator that starts later knows it from the stored condition.
    let mut status = serde_json::to_value(scenario.session.status.as_ref().unwrap()).unwrap();
    status["conditions"].as_array_mut().unwrap().push(json!({
        "type": "Complete", "status": "True", "reason": "Finished", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"
    }));
    scenario.session = stored(&scenario.spec, &status);
    scenario.restart();
    assert_eq!((scenario.server(300, post(0, 901, 99)), scenario.desired(300)), (PostEffect::Ignored, None));
}

/// Whoever waits for a condition takes one that is about an earlier spec for outdated.
#[test]
fn what_is_said_of_a_finished_run_is_about_every_spec_that_asks_for_it() {
    let (mut scenario, _) = run_end(&[(95, 2), (104, 0)]);
    let last = scenario.write(130);
    let judged_by = validate(&scenario.session).unwrap().judged_by();
    for is_restarted in [false, true] {
        let mut status = last.clone();
        status["conditions"].as_array_mut().unwrap().push(json!({
            "type": "Complete", "status": "True", "reason": "Finished", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"
        }));
        status["run"]["judgedBy"] = json!(judged_by);
        scenario.session = stored(&json!({"clients": 3, "duration": "5m"}), &status);
        scenario.session.metadata.generation = Some(2);
        if is_restarted {
            scenario.restart();
        }
        let of_two = serde_json::to_value(scenario.desired(200).unwrap()).unwrap();
        let mut expected = last.clone();
        expected["conditions"][0]["observedGeneration"] = json!(2);
        expected.as_object_mut().unwrap().remove("run");
        assert_eq!(of_two, expected, "and nothing else is new");
        status["conditions"][0]["observedGeneration"] = json!(2);
        scenario.session.status = serde_json::from_value(status).unwrap();
        assert_eq!(scenario.desired(201), None, "once");

        scenario.session.metadata.generation = Some(3);
        scenario.session.spec.objectives.loss_percent = "0.001".into();
        assert_eq!(scenario.desired(201), None, "it was judged by others");

        // No run is asked for at all.
        scenario.session.spec.clients = 101;
        scenario.session.metadata.generation = Some(3);
        assert_eq!(scenario.at(202, |tracked, _, _| tracked.is_ended()), !is_restarted);
        if !is_restarted {
            assert_eq!(scenario.desired(202), None);
        }
    }
}

#[test]
fn an_end_that_was_none_leaves_nothing_behind() {
    let (mut scenario, _) = run_end(&[(95, 2), (104, 0)]);
    scenario.write(130);
    assert_eq!(scenario.server(131, post(0, 900, 9)), PostEffect::Ignored);
    scenario.at(132, |tracked, _, _| tracked.resume());
    assert_ne!(scenario.server(133, post(0, 901, 9)), PostEffect::Ignored);
    assert_eq!(lost(&scenario.desired(133).unwrap()), 9, "of the last while, not of the whole run");

    // The next end waits for its own last report.
    assert_eq!((scenario.end(134, 143), scenario.end(134, 144)), (false, true));
    assert!(says(&scenario.desired(144).unwrap(), ("Unknown", "NoReports")));
}

#[test]
fn the_verdict_on_the_whole_run_is_immediate() {
    let (mut scenario, _) = run_end(&[(95, 2)]);
    let mut strict = scenario.session.clone();
    strict.spec.objectives.error_pixels_p95 = "0.015".into();
    scenario.session = strict;
    scenario.restart();
    scenario.server(131, post(0, 1, 0));
    assert!(says(&scenario.desired(131).unwrap(), ("True", "Met")), "of the last while");
    scenario.end(131, 141);
    assert!(says(&scenario.desired(141).unwrap(), ("False", "ErrorTooHigh")), "of the whole run");
}

/// V11: what was said of some window was frozen as the verdict on the run.
#[test]
fn a_run_of_which_no_last_report_comes_has_no_verdict() {
    let mut scenario = Scenario::new(&json!({"duration": "5m"}));
    scenario.server(0, post(0, 1, 3));
    let window = scenario.write(0);
    scenario.restart();
    assert!(!scenario.end(40, 59), "an operator that has just begun waits for a minute");
    assert!(scenario.end(40, 60));
    let status = scenario.desired(60).unwrap();
    assert!(says(&status, ("Unknown", "NoReports")));
    let measurements = serde_json::to_value(status.measurements).unwrap();
    assert_eq!(measurements, window["measurements"], "the numbers are the last that are known");
}

#[test]
fn a_report_from_before_the_end_says_nothing_about_the_whole() {
    let (mut scenario, ends) = run_end(&[(95, 2), (99, 2)]);
    assert_eq!(ends, [110]);
    assert!(says(&scenario.desired(110).unwrap(), ("Unknown", "NoReports")));
}

#[test]
fn a_server_that_knows_a_part_of_the_run_says_nothing_about_the_whole() {
    let verdict_after = |sent: u64| {
        let mut scenario = Scenario::new(&json!({"clients": 2, "duration": "5m"}));
        scenario.server(0, post(0, 1, 0));
        let mut other = post(60, 1, 0);
        (other.summary.frames.sent, other.summary.frames.matched) = (sent, sent);
        other.connected_clients = 0;
        scenario.server(100, other);
        assert!(scenario.end(99, 101));
        met(&scenario.desired(101).unwrap())
    };
    assert_eq!(verdict_after(9_000), ("Unknown".into(), "NoReports".into()));
    assert_eq!(verdict_after(17_500).0, "True", "it was started anew before there was much to know");
}

#[test]
fn a_run_that_was_given_up_has_not_met_its_objectives() {
    let (mut scenario, _) = run_end(&[(95, 2)]);
    scenario.session.status = None;
    scenario.restart();
    scenario.server(131, post(0, 1, 0));
    let outcome = Outcome::StartDeadlineExceeded;
    assert!(scenario.end_as(outcome, 131, 141));
    assert!(says(&scenario.desired(141).unwrap(), ("Unknown", "StartDeadlineExceeded")));
}

/// A run of 5 minutes that was drilled a minute after its clients had media, and the last post of the server that came then.
struct DrilledRun {
    scenario: Scenario,
    post: ServerPost,
}

impl DrilledRun {
    fn new(objectives: &Value) -> Self {
        let spec = json!({"clients": 2, "duration": "5m", "drill": {}, "objectives": objectives});
        let mut scenario = Scenario::new(&spec);
        scenario.server(0, self::post(0, 1, 0));
        let drill =
            json!({"asked": "RestartServer after 30s", "startedAt": "2026-01-01T00:01:10Z", "pod": "gone"});
        let run = json!({"hash": run(&spec), "measuringSince": "2026-01-01T00:00:10Z", "drill": drill});
        scenario.session = stored(&spec, &json!({"run": run}));
        let mut post = self::post(75, 1, 0);
        post.connected_clients = 0;
        (post.summary.frames.sent, post.summary.frames.matched) = (14_100, 14_100);
        let summary = &mut post.summary;
        (summary.delivered_percent, summary.recovery_milliseconds) = (Some(99.5), Some(5000.0));
        for row in &mut summary.clients {
            (row.delivered_percent, row.wanted_seconds) = (Some(99.5), 235.0);
            row.recovery_milliseconds = Some(5000.0);
        }
        Self { scenario, post }
    }

    fn verdict(mut self) -> (String, String) {
        self.scenario.server(304, self.post);
        assert!(self.scenario.end(303, 305));
        met(&self.scenario.desired(305).unwrap())
    }
}

/// What was before is of another process: a drilled run is judged by what came after the drill.
#[test]
fn a_drilled_run_is_judged_by_what_came_after_the_drill() {
    assert_eq!(DrilledRun::new(&json!({})).verdict(), ("True".into(), "Met".into()));
    assert_eq!(DrilledRun::new(&json!({"recovery": "5s"})).verdict().0, "True");
    let slow = DrilledRun::new(&json!({"recovery": "4s"})).verdict();
    assert_eq!(slow, ("False".into(), "RecoveryTooSlow".into()));

    // A minute is forgiven, and whoever was away for longer was absent.
    let mut late = DrilledRun::new(&json!({}));
    for row in &mut late.post.summary.clients {
        (row.wanted_seconds, row.recovery_milliseconds) = (170.0, Some(70_000.0));
    }
    late.post.summary.recovery_milliseconds = Some(70_000.0);
    assert_eq!(late.verdict(), ("False".into(), "DeliveredTooLow".into()), "170 of 180 seconds");
}

#[test]
fn a_drilled_run_without_a_report_of_all_that_came_after_has_no_verdict() {
    let mut same = DrilledRun::new(&json!({}));
    let pod = pod_key("server").uid;
    same.scenario.session.status.as_mut().unwrap().run.as_mut().unwrap().drill.as_mut().unwrap().pod =
        Some(pod);
    assert_eq!(same.verdict(), ("Unknown".into(), "NoReports".into()), "it is of the server before");

    let mut again = DrilledRun::new(&json!({}));
    again.scenario.server(80, post(75, 1, 0));
    again.post.started_at = post(200, 1, 0).started_at;
    again.post.summary.started_at = again.post.started_at;
    (again.post.summary.frames.sent, again.post.summary.frames.matched) = (6_000, 6_000);
    assert_eq!(again.verdict(), ("Unknown".into(), "NoReports".into()), "it was started once more");
}

#[test]
fn a_run_that_was_not_drilled_although_it_was_to_be_has_shown_nothing() {
    let mut scenario = Scenario::new(&json!({"clients": 2, "duration": "5m", "drill": {}}));
    let mut whole = post(0, 1, 0);
    whole.connected_clients = 0;
    scenario.server(100, whole);
    assert!(scenario.end(99, 101));
    assert!(says(&scenario.desired(101).unwrap(), ("Unknown", "InsufficientSamples")));
}

/// What is delivered of a whole run is measured by what its clients were to measure, whenever the operator notices that
/// they are done.
#[test]
fn a_whole_run_has_delivered_what_its_clients_were_to_measure() {
    let verdict_of = |seconds: u32| {
        let mut scenario = Scenario::new(&json!({"clients": 2, "duration": format!("{seconds}s")}));
        scenario.server(0, post(0, 1, 0));
        assert!(scenario.end(0, 10));
        let status = scenario.desired(10).unwrap();
        (met(&status), status.measurements.unwrap().delivered_percent.unwrap())
    };
    assert_eq!(verdict_of(300), (("True".into(), "Met".into()), "100".into()));
    assert_eq!(verdict_of(600), (("False".into(), "DeliveredTooLow".into()), "50".into()));
}
