//! The end of a run.

use super::*;

/// A story whose run is over at second 100, and what ends it.
fn run_end(posts: &[(u64, u32)]) -> (Story, Vec<u64>) {
    let mut story = Story::new(&json!({"duration": "5m"}));
    let since = story.start + Duration::from_secs(100);
    let mut ends = Vec::new();
    for second in 90..130 {
        if let Some((_, connected)) = posts.iter().find(|(at, _)| *at == second) {
            let mut post = post(0, second, 1);
            post.connected_clients = *connected;
            story.server(second, post);
        }
        if second >= 100 && story.at(second, |tracked, session, now| tracked.end(since, session, now)) {
            ends.push(second);
        }
    }
    (story, ends)
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
    let (mut story, _) = run_end(&[(95, 2), (104, 0)]);
    let last = story.desired(130).unwrap();
    assert_eq!(last.measurements.as_ref().unwrap().frames.unwrap().sent, 18_000);
    assert!(says(&last, ("True", "Met")));
    story.write(130);
    assert!(story.at(130, |tracked, _, _| tracked.is_ended()));
    assert_eq!((story.server(131, post(0, 900, 99)), story.desired(200)), (PostEffect::Ignored, None));

    // An operator that starts later knows it from the stored condition.
    let mut status = serde_json::to_value(story.session.status.as_ref().unwrap()).unwrap();
    status["conditions"].as_array_mut().unwrap().push(json!({
        "type": "Complete", "status": "True", "reason": "Finished", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"
    }));
    story.session = stored(&story.spec, &status);
    story.restart();
    assert_eq!((story.server(300, post(0, 901, 99)), story.desired(300)), (PostEffect::Ignored, None));
}

#[test]
fn an_end_that_was_none_leaves_nothing_behind() {
    let (mut story, _) = run_end(&[(95, 2), (104, 0)]);
    story.write(130);
    assert_eq!(story.server(131, post(0, 900, 9)), PostEffect::Ignored);
    story.at(132, |tracked, _, _| tracked.resume());
    assert_ne!(story.server(133, post(0, 901, 9)), PostEffect::Ignored);
    assert_eq!(lost(&story.desired(133).unwrap()), 9, "of the last while, not of the whole run");

    // The next end waits for its own last report.
    let since = story.now();
    let ended = |story: &mut Story, second| {
        story.at(second, |tracked, session, now| tracked.end(since, session, now))
    };
    assert_eq!((ended(&mut story, 142), ended(&mut story, 143)), (false, true));
}

#[test]
fn the_verdict_on_the_whole_run_is_immediate() {
    let (mut story, _) = run_end(&[(95, 2)]);
    let mut strict = story.session.clone();
    strict.spec.objectives.error_pixels_p95 = "0.015".into();
    story.session = strict;
    story.restart();
    story.server(131, post(0, 1, 0));
    assert!(says(&story.desired(131).unwrap(), ("True", "Met")), "of the last while");
    let since = story.now();
    story.at(141, |tracked, session, now| tracked.end(since, session, now));
    assert!(says(&story.desired(141).unwrap(), ("False", "ErrorTooHigh")), "of the whole run");
}

#[test]
fn a_run_that_ends_after_a_restart_without_a_report_keeps_what_is_stored() {
    let mut story = Story::new(&json!({"duration": "5m"}));
    story.server(0, post(0, 1, 3));
    story.write(0);
    story.restart();
    let since = story.now();
    assert!(story.at(60, |tracked, session, now| tracked.end(since, session, now)));
    assert_eq!(story.desired(60), Some(StoredSession::of(&story.session).owned()));
}
