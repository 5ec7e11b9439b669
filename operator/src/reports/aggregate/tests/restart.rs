//! An operator that is started again knows what is stored, and nothing else.

use super::*;

#[test]
fn a_restarted_operator_writes_nothing_before_it_knows_something() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 5, 7));
    story.client(0, "client-a", 3);
    story.write(0);
    story.restart();
    let stored = StoredSession::of(&story.session).owned();
    assert_eq!(story.desired(100).as_ref(), Some(&stored));
    assert_eq!(story.desired(129).as_ref(), Some(&stored));
    let unresponsive = story.desired(130).unwrap();
    assert!(
        says(&unresponsive, ("Unknown", "NoReports")) && lost(&unresponsive) == 7,
        "only after the time to report"
    );

    // Where there is no condition yet, there is one at once.
    let mut fresh = Story::new(&json!({}));
    let unknown = fresh.desired(0).unwrap();
    assert!(says(&unknown, ("Unknown", "NoReports")));
    assert_eq!(BallSessionStatus { conditions: Vec::new(), ..unknown }, BallSessionStatus::default());
}

#[test]
fn a_restart_of_the_operator_never_lowers_numbers() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 5, 7));
    story.server(1, post(60, 5, 8));
    story.client(1, "client-a", 3);
    let before = story.desired(1).unwrap();
    assert_eq!((before.error_count, before.server_restarts), (Some(18), Some(1)));
    story.write(1);

    story.restart();
    assert_eq!(
        story.server(2, post(60, 4, 6)),
        PostEffect::Ignored,
        "a report from before the stored numbers"
    );
    assert_eq!(story.desired(2).unwrap(), StoredSession::of(&story.session).owned());
    assert_eq!(story.server(3, post(60, 6, 9)), PostEffect::StateChanged);
    let after = story.desired(3).unwrap();
    assert_eq!((lost(&after), after.server_restarts), (9, Some(1)));
    assert!(after.error_count >= before.error_count, "although the client has not reported again");

    story.restart();
    story.server(4, post(120, 1, 0));
    assert_eq!(story.desired(4).unwrap().server_restarts, Some(2), "a process that started meanwhile");
}

#[test]
fn a_client_that_is_counted_anew_does_not_make_a_report_old() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 5, 7));
    story.write(0);

    story.restart();
    let mut next = post(0, 6, 8);
    next.summary.clients[0].frames.sent = 3;
    assert_eq!(story.server(1, next.clone()), PostEffect::StateChanged);

    // Not even where there is no other client.
    story.restart();
    next.summary.clients.truncate(1);
    assert_eq!(story.server(2, next.clone()), PostEffect::Ignored);
    assert_eq!(story.server(2 + 14, next.clone()), PostEffect::Ignored);
    assert_eq!(story.server(2 + 15, next), PostEffect::StateChanged);
    assert_eq!(lost(&story.desired(2 + 15).unwrap()), 8);
}

#[test]
fn a_restarted_operator_does_not_change_the_verdict_sooner() {
    let mut story = Story::new(&json!({}));
    story.server(0, post(0, 1, 0));
    story.write(0);
    story.restart();
    let verdicts = [2, 3, 4].map(|sequence| {
        let mut bad = post(0, sequence, 0);
        bad.clients_without_media = 1;
        story.server(sequence, bad);
        met(&story.desired(sequence).unwrap()).0
    });
    assert_eq!(verdicts, ["True", "True", "False"]);
}
