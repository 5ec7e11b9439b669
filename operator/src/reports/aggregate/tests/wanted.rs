//! Who is to be there, and what of those is said who are not.

use report::judged::Media;

use super::verdicts::{expect, judged, message, posted, two_clients};
use super::*;
use crate::report_source::Expectation;

#[test]
fn what_the_operator_changes_is_given_a_minute() {
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    expect(&mut scenario, 1, "e2");
    let gone = judged(|session| session.clients[1].media = Media::Gone { seconds: 8.0 });
    scenario.server(10, posted(2, &gone));
    assert!(says(&scenario.desired(10).unwrap(), ("Unknown", "Starting")));
    scenario.server(61, posted(3, &gone));
    assert!(says(&scenario.desired(61).unwrap(), ("False", "ClientsLost")), "then it is judged as it is");
}

/// The last post of a server that is replaced has its whole run, and no window: that nothing is known of one is no breach.
#[test]
fn what_a_replaced_server_said_last_is_no_verdict() {
    let last = |sequence| {
        let post = server_post(sequence).judged("a", &judged(|_| ()), true);
        assert!(post.judged_all.is_some());
        post
    };
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    expect(&mut scenario, 1, "e2");
    scenario.server(2, last(2));
    let starting = scenario.desired(2).unwrap();
    assert!(says(&starting, ("Unknown", "Starting")), "{:?}", met(&starting));
    assert_eq!(message(&starting), "the server was replaced, and the next one has not reported yet");

    // Somebody else ended it: what was said stays until somebody knows more.
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    scenario.server(2, last(2));
    assert!(says(&scenario.desired(2).unwrap(), ("True", "Met")));
    let mut post = client_post(1);
    post.without_media_seconds = Some(5.0);
    let pod = scenario.pod("harbor-client-1");
    scenario.at(8, |tracked, session, now| tracked.take_client(pod, post, session, now));
    assert!(says(&scenario.desired(8).unwrap(), ("False", "NoMedia")));
}

#[test]
fn clients_are_wanted_as_the_spec_says_and_not_as_the_server_knows() {
    let mut scenario = two_clients();
    let one = judged(|session| drop(session.clients.pop()));
    scenario.server(0, posted(1, &one));
    let starting = scenario.desired(0).unwrap();
    assert!(says(&starting, ("Unknown", "Starting")), "{:?}", met(&starting));
    assert_eq!(message(&starting), "harbor-client-1 has no media yet");

    // One that is not wanted any more breaches nothing.
    let gone = judged(|session| session.clients[1].media = Media::Gone { seconds: 8.0 });
    let mut status = json!({"run": {"hash": run(&scenario.spec)}});
    scenario.spec = json!({"clients": 1});
    status["run"]["hash"] = json!(run(&scenario.spec));
    scenario.session = stored(&scenario.spec, &status);
    scenario.server(5, posted(2, &gone));
    assert!(says(&scenario.desired(5).unwrap(), ("True", "Met")));
}

/// A client of a bounded run that is done is gone, and its absence counts until the server is answered that it is done.
#[test]
fn clients_that_are_done_breach_nothing() {
    let gone = |seconds: f64| {
        judged(|session| {
            let client = &mut session.clients[1];
            client.media = Media::Gone { seconds };
            client.numbers.longest_freeze_milliseconds = Some(seconds * 1e3);
            client.numbers.delivered_percent = Some(50.0);
            session.all.longest_freeze_milliseconds = Some(seconds * 1e3);
            session.all.delivered_percent = Some(74.9);
        })
    };
    let bounded = || Scenario::new(&json!({"clients": 2, "duration": "5m"}));
    let expect = |scenario: &mut Scenario, finished: &[u32]| {
        let finished = finished.iter().copied().collect();
        let expectation = Expectation { finished, ..Expectation::default() };
        scenario.at(0, |tracked, _, now| tracked.expect(expectation, now));
    };
    let mut scenario = bounded();
    expect(&mut scenario, &[1]);
    scenario.server(1, posted(1, &gone(8.0)));
    let status = scenario.desired(1).unwrap();
    assert!(says(&status, ("True", "Met")));
    assert_eq!(status.measurements, None, "8 s without a picture are none beside it");

    // Its pod needs a moment to say so.
    let mut scenario = bounded();
    expect(&mut scenario, &[]);
    scenario.server(1, posted(1, &gone(3.0)));
    assert!(says(&scenario.desired(1).unwrap(), ("True", "Met")));
    scenario.server(3, posted(2, &gone(5.0)));
    let status = scenario.desired(3).unwrap();
    assert!(says(&status, ("False", "ClientsLost")) && status.measurements.is_some());

    // Without an end nobody is ever done.
    let mut scenario = two_clients();
    scenario.server(1, posted(1, &gone(3.0)));
    assert!(says(&scenario.desired(1).unwrap(), ("False", "DeliveredTooLow")));
}

/// The last client has ended, and its pod does not say so yet; then all are done, and the last numbers are awaited.
#[test]
fn between_its_last_client_and_its_end_the_verdict_of_a_run_stands() {
    let verdicts = |lossy: bool, objectives: &serde_json::Value| {
        let mut scenario = Scenario::new(&json!({"clients": 2, "duration": "5m", "objectives": objectives}));
        let expect = |scenario: &mut Scenario, second: u64, finished: &[u32]| {
            let finished: std::collections::BTreeSet<_> = finished.iter().copied().collect();
            let is_ending = finished.len() == 2;
            let expectation = Expectation { finished, is_ending, ..Expectation::default() };
            scenario.at(second, |tracked, session, now| {
                tracked.expect(expectation, now);
                tracked.judge(session, now);
            });
        };
        expect(&mut scenario, 0, &[]);
        let mut said = Vec::new();
        let gone = judged(|session| {
            for client in &mut session.clients {
                client.media = Media::Gone { seconds: 1.0 };
            }
        });
        let flowing = judged(|session| {
            if lossy {
                session.all.loss_percent = Some(8.1);
            }
        });
        for second in 0..12_u64 {
            match second {
                0 => drop(scenario.server(0, posted(1, &flowing))),
                1 => drop(scenario.server(1, posted(2, &gone))),
                2 => expect(&mut scenario, 2, &[0]),
                3 => expect(&mut scenario, 3, &[0, 1]),
                4 => {
                    let mut last = posted(3, &gone);
                    last.connected_clients = 0;
                    scenario.at(4, Tracked::answer);
                    scenario.server(4, last);
                }
                7 => {
                    let mut last = posted(4, &gone);
                    last.connected_clients = 0;
                    scenario.server(7, last);
                }
                _ => {}
            }
            if second >= 3 {
                scenario.end(3, second);
            }
            said.push(met(&scenario.desired(second).unwrap()));
            if second == 3 {
                // One that starts just then knows what was said, and nothing of who said it.
                scenario.write(3);
                scenario.restart();
                expect(&mut scenario, 3, &[0, 1]);
            }
        }
        said.dedup();
        said.into_iter().map(|(status, reason)| format!("{status} {reason}")).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(false, &json!({})), ["True Met"]);
    assert_eq!(verdicts(false, &json!({"errorPixelsP95": "0.015"})), ["True Met", "False ErrorTooHigh"]);
    assert_eq!(verdicts(true, &json!({})), ["False LossTooHigh", "True Met"], "the whole of it is good");

    // On each node, however many are asked for.
    let each_node = json!({"clients": 0, "placement": "EachNode", "duration": "5m"});
    let mut scenario = Scenario::new(&each_node);
    let run = crds::Run { hash: run(&each_node), nodes: vec!["a".into()], ..crds::Run::default() };
    scenario.session.status.get_or_insert_default().run = Some(run);
    let one = judged(|session| drop(session.clients.pop()));
    scenario.server(0, posted(1, &one));
    let expectation = Expectation { finished: [0].into(), is_ending: true, ..Expectation::default() };
    scenario.at(1, |tracked, _, now| tracked.expect(expectation, now));
    scenario.at(2, Tracked::judge);
    assert!(says(&scenario.desired(2).unwrap(), ("True", "Met")));

    // By other objectives nobody was judged.
    let mut scenario = Scenario::new(&json!({"clients": 1, "duration": "5m"}));
    let one = judged(|session| drop(session.clients.pop()));
    scenario.server(0, posted(1, &one));
    let expectation = Expectation { finished: [0].into(), is_ending: true, ..Expectation::default() };
    scenario.at(1, |tracked, _, now| tracked.expect(expectation, now));
    scenario.session.spec.objectives.loss_percent = "0.1".into();
    scenario.at(2, Tracked::judge);
    assert!(says(&scenario.desired(2).unwrap(), ("Unknown", "NoClients")));
}

/// The whole run is judged by a post of a server that knows that all clients are done.
#[test]
fn the_last_report_is_of_a_server_that_was_answered() {
    let mut scenario = Scenario::new(&json!({"clients": 2, "duration": "5m"}));
    let expectation = Expectation { finished: [0, 1].into(), ..Expectation::default() };
    scenario.at(0, |tracked, _, now| tracked.expect(expectation, now));
    let mut post_at = |second: u64| {
        let mut post = posted(second, &judged(|_| ()));
        post.connected_clients = 0;
        let answer = scenario.at(second, |tracked, session, now| tracked.answer(session, now).unwrap());
        scenario.server(second, post);
        (answer.wanted, scenario.end(0, second))
    };
    assert_eq!(post_at(4), (String::new(), false), "it is made before its answer");
    assert_eq!(post_at(9), (String::new(), true));
}
