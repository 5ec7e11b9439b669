//! What status shows where nothing is reported, and where something else is asked for.

use super::*;

#[test]
fn an_unresponsive_server_makes_everything_unknown() {
    let mut scenario = Scenario::new(&json!({}));
    assert!(says(&scenario.desired(0).unwrap(), ("Unknown", "NoReports")));
    scenario.server(0, post(0, 1, 0));
    assert!(says(&scenario.desired(29).unwrap(), ("True", "Met")));
    let became_unresponsive = |scenario: &mut Scenario, second| {
        scenario.at(second, |tracked, _, now| tracked.becomes_unresponsive(now))
    };
    assert!(!became_unresponsive(&mut scenario, 29));
    assert!(became_unresponsive(&mut scenario, 30));
    assert!(!became_unresponsive(&mut scenario, 40));
    let unresponsive = scenario.desired(40).unwrap();
    assert!(says(&unresponsive, ("Unknown", "NoReports")) && unresponsive.measurements.is_some());

    assert_eq!(scenario.server(41, without_media(post(0, 2, 0))), PostEffect::StateChanged);
    assert!(says(&scenario.desired(41).unwrap(), ("False", "NoMedia")));
}

#[test]
fn an_operator_that_has_just_started_gives_servers_the_time_to_report() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 0));
    scenario.write(0);
    scenario.restart();
    assert!(says(&scenario.desired(100).unwrap(), ("True", "Met")));
    assert!(says(&scenario.desired(129).unwrap(), ("True", "Met")));
    assert!(says(&scenario.desired(130).unwrap(), ("Unknown", "NoReports")));
}

#[test]
fn a_suspended_session_keeps_its_numbers() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 0));
    scenario.write(0);
    let mut status = serde_json::to_value(scenario.session.status.as_ref().unwrap()).unwrap();
    status["run"] = json!({"hash": run(&json!({}))});
    scenario.session = stored(&json!({"suspend": true}), &status);
    for is_restarted in [false, true] {
        if is_restarted {
            scenario.restart();
        }
        let suspended = scenario.desired(5).unwrap();
        assert!(says(&suspended, ("Unknown", "Suspended")) && lost(&suspended) == 0);
    }
}

#[test]
fn another_run_takes_the_numbers_away() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 3));
    scenario.write(0);
    let before = serde_json::to_value(scenario.session.status.as_ref().unwrap()).unwrap();
    for is_restarted in [false, true] {
        let mut scenario =
            Scenario { aggregate: std::mem::take(&mut scenario.aggregate), ..Scenario::new(&json!({})) };
        if is_restarted {
            scenario.restart();
        }
        // The controller stores the new run when the numbers are gone.
        scenario.spec = json!({"video": {"width": 320}});
        scenario.session = stored(&scenario.spec, &before);
        assert!(!scenario.at(1, |tracked, _, _| tracked.is_cleared()));
        assert_eq!(scenario.desired(1), None, "the history does not have them yet");
        let mut archived = before.clone();
        archived["history"] = json!([{"hash": run(&json!({})), "verdict": "Unknown", "reason": "Cut"}]);
        scenario.session = stored(&scenario.spec, &archived);
        let cleared = scenario.desired(1).unwrap();
        assert!(says(&cleared, ("Unknown", "NoReports")));
        let shown = cleared.display.clone().unwrap();
        assert_eq!((shown.reason.as_deref(), shown.error_p95), (Some("NoReports"), None));
        assert_eq!((&cleared.measurements, cleared.error_count), (&None, None));
        assert_eq!(Change::between(&StoredSession::of(&scenario.session).owned(), &cleared), Change::Urgent);
        let hash = run(&scenario.spec);
        assert!(!scenario.at(1, |tracked, _, _| tracked.written(Some("of another run"), false)));
        assert!(scenario.at(1, |tracked, _, _| tracked.written(Some(&hash), false)));
        assert!(scenario.at(1, |tracked, _, _| tracked.is_cleared()));
        assert_ne!(scenario.server(2, post(60, 1, 1)), PostEffect::Ignored);
        assert_eq!(scenario.desired(2).unwrap().server_restarts, Some(0));
    }
}

#[test]
fn a_spec_that_makes_no_sense_takes_nothing_away() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 3));
    let status = scenario.write(0);
    scenario.session = stored(&json!({"clients": 101}), &status);
    for is_restarted in [false, true] {
        if is_restarted {
            scenario.restart();
        }
        let kept = scenario.desired(1).unwrap();
        assert!(says(&kept, ("Unknown", "NoReports")) && lost(&kept) == 3);
        assert_eq!(scenario.server(2, post(0, 2, 4)), PostEffect::Ignored);
    }
}
