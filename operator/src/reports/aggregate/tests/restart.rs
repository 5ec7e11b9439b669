//! An operator that is started again knows what is stored, and nothing else.

use super::*;

#[test]
fn a_restarted_operator_writes_nothing_before_it_knows_something() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 5, 7));
    scenario.client(0, "client-a", 3);
    scenario.write(0);
    scenario.restart();
    let stored = StoredSession::of(&scenario.session).owned();
    assert_eq!(scenario.desired(100).as_ref(), Some(&stored));
    assert_eq!(scenario.desired(129).as_ref(), Some(&stored));
    let unresponsive = scenario.desired(130).unwrap();
    assert!(
        says(&unresponsive, ("Unknown", "NoReports")) && lost(&unresponsive) == 7,
        "only after the time to report"
    );

    // Where there is no condition yet, there is one at once.
    let mut fresh = Scenario::new(&json!({}));
    let unknown = fresh.desired(0).unwrap();
    assert!(says(&unknown, ("Unknown", "NoReports")));
    let shown = unknown.display.clone().unwrap();
    let why = crds::Display {
        reason: shown.reason.clone(),
        message: shown.message.clone(),
        ..crds::Display::default()
    };
    assert_eq!((shown.reason.as_deref(), &shown), (Some("NoReports"), &why), "and no numbers");
    let nothing = BallSessionStatus { conditions: Vec::new(), display: None, ..unknown };
    assert_eq!(nothing, BallSessionStatus::default());
}

#[test]
fn a_restart_of_the_operator_never_lowers_numbers() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 5, 7));
    scenario.server(1, post(60, 5, 8));
    scenario.client(1, "client-a", 3);
    let before = scenario.desired(1).unwrap();
    assert_eq!((before.error_count, before.server_restarts), (Some(18), Some(1)));
    scenario.write(1);

    scenario.restart();
    assert_eq!(
        scenario.server(2, post(60, 4, 6)),
        PostEffect::Ignored,
        "a report from before the stored numbers"
    );
    assert_eq!(scenario.desired(2).unwrap(), StoredSession::of(&scenario.session).owned());
    assert_eq!(scenario.server(3, post(60, 6, 9)), PostEffect::StateChanged);
    let after = scenario.desired(3).unwrap();
    assert_eq!((lost(&after), after.server_restarts), (9, Some(1)));
    assert!(after.error_count >= before.error_count, "although the client has not reported again");

    scenario.restart();
    scenario.server(4, post(120, 1, 0));
    assert_eq!(scenario.desired(4).unwrap().server_restarts, Some(2), "a process that started meanwhile");
}

#[test]
fn a_client_that_is_counted_anew_does_not_make_a_report_old() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 5, 7));
    scenario.write(0);

    scenario.restart();
    let mut next = post(0, 6, 8);
    next.summary.clients[0].frames.sent = 3;
    assert_eq!(scenario.server(1, next.clone()), PostEffect::StateChanged);

    // Not even where there is no other client.
    scenario.restart();
    next.summary.clients.truncate(1);
    assert_eq!(scenario.server(2, next.clone()), PostEffect::Ignored);
    assert_eq!(scenario.server(2 + 14, next.clone()), PostEffect::Ignored);
    assert_eq!(scenario.server(2 + 15, next), PostEffect::StateChanged);
    assert_eq!(lost(&scenario.desired(2 + 15).unwrap()), 8);
}

#[test]
fn a_restarted_operator_goes_on_from_the_stored_verdict() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, without_media(post(0, 1, 0)));
    assert!(says(&scenario.desired(0).unwrap(), ("False", "NoMedia")));
    scenario.write(0);
    scenario.restart();
    // Good needs its time, whoever says so.
    scenario.server(2, post(0, 2, 0));
    assert!(says(&scenario.desired(2).unwrap(), ("Unknown", "Starting")));
    scenario.server(7, post(0, 3, 0));
    assert_ne!(met(&scenario.desired(7).unwrap()).0, "True");
    scenario.server(12, post(0, 4, 0));
    assert!(says(&scenario.desired(12).unwrap(), ("True", "Met")));

    // Bad is said at once.
    scenario.write(12);
    scenario.restart();
    scenario.server(13, without_media(post(0, 5, 0)));
    assert!(says(&scenario.desired(13).unwrap(), ("False", "NoMedia")));
}
