//! What is said about the objectives, by what the server and the clients post.

use report::judged::{JudgedClient, JudgedSession, Media};
use report::{Cause, PathMtu};

use super::*;
use crate::report_source::Expectation;
use crate::reports::testing::{judged_client, judged_session};

pub(super) fn two_clients() -> Scenario {
    let mut scenario = Scenario::new(&json!({"clients": 2}));
    expect(&mut scenario, 0, "e1");
    scenario
}

pub(super) fn expect(scenario: &mut Scenario, second: u64, epoch: &str) {
    let expectation = Expectation { epoch: epoch.into(), ..Expectation::default() };
    scenario.at(second, |tracked, session, now| {
        tracked.expect(expectation, now);
        tracked.judge(session, now);
    });
}

/// Two good clients, after `change`.
pub(super) fn judged(change: impl FnOnce(&mut JudgedSession)) -> JudgedSession {
    let ids = ["harbor-client-0", "harbor-client-1"];
    let mut session = judged_session(ids.map(judged_client).into());
    change(&mut session);
    session
}

pub(super) fn posted(sequence: u64, session: &JudgedSession) -> ServerPost {
    let mut post = server_post(sequence).judged("a", session, false);
    post.summary.recent.loss_percent = session.all.loss_percent;
    post
}

pub(super) fn message(status: &BallSessionStatus) -> String {
    condition(status).unwrap().message.clone()
}

/// V1: both clients are gone without a word, as when their node is frozen: False in the very report that says so, with
/// their name and node, although all numbers of the window are good.
#[test]
fn clients_that_are_gone_are_named_at_once() {
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    assert!(says(&scenario.desired(0).unwrap(), ("True", "Met")));
    let gone = judged(|session| {
        for client in &mut session.clients {
            client.media = Media::Gone { seconds: 5.2 };
        }
    });
    assert_eq!(scenario.server(6, posted(2, &gone)), PostEffect::StateChanged);
    let status = scenario.desired(6).unwrap();
    assert!(says(&status, ("False", "ClientsLost")), "{:?}", met(&status));
    let expected =
        "gone, no frame decoded for 5.2 s, 5 s allowed (harbor-client-1 on worker-2; cause Network)";
    assert_eq!(message(&status), expected);
    assert_eq!(status.display.unwrap().cause.as_deref(), Some("Network"));
    let view = scenario.at(6, |tracked, _, _| tracked.view());
    assert_eq!(view.lost.as_deref(), Some(expected), "the condition Ready follows it");

    // When they are back, it is good again after 10 s without a breach.
    for second in [10, 15] {
        scenario.server(second, posted(second, &judged(|_| ())));
        assert!(says(&scenario.desired(second).unwrap(), ("False", "ClientsLost")), "after {second} s");
    }
    scenario.server(20, posted(20, &judged(|_| ())));
    assert!(says(&scenario.desired(20).unwrap(), ("True", "Met")));
    assert_eq!(scenario.at(20, |tracked, _, _| tracked.view()).lost, None);
}

/// V1: the server's node is frozen: a client says that it has no media, and the server says nothing.
#[test]
fn a_client_without_media_is_believed_when_the_server_is_silent() {
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    let mut post = client_post(1);
    post.without_media_seconds = Some(3.0);
    let pod = scenario.pod("harbor-client-1");
    scenario.at(3, |tracked, session, now| tracked.take_client(pod, post, session, now));
    assert!(
        says(&scenario.desired(3).unwrap(), ("True", "Met")),
        "the server knows better as long as it posts"
    );
    let judge_at = scenario.at(3, |tracked, _, now| tracked.judge_at(now).unwrap() - now);
    assert_eq!(judge_at, Duration::from_secs(3));
    assert!(scenario.at(7, Tracked::judge));
    let status = scenario.desired(7).unwrap();
    assert!(says(&status, ("False", "NoMedia")));
    assert_eq!(
        message(&status),
        "no frame decoded for 7 s, 5 s allowed (harbor-client-1 on worker-1; cause Unknown)"
    );
    assert!(says(&scenario.desired(40).unwrap(), ("False", "NoMedia")), "somebody is left to report");

    // It says so as soon as it has had none for 3 s, and is allowed 5.
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    let mut post = client_post(1);
    post.without_media_seconds = Some(3.0);
    let pod = scenario.pod("harbor-client-1");
    scenario.at(6, |tracked, session, now| tracked.take_client(pod, post, session, now));
    assert!(says(&scenario.desired(6).unwrap(), ("True", "Met")));
    let judge_at = scenario.at(6, |tracked, _, now| tracked.judge_at(now).unwrap() - now);
    assert_eq!(judge_at, Duration::from_secs(2));
    assert!(scenario.at(8, Tracked::judge));
    assert!(message(&scenario.desired(8).unwrap()).starts_with("no frame decoded for 5 s, 5 s allowed"));
    assert_eq!(scenario.at(8, |tracked, _, now| tracked.judge_at(now)), None, "it is said");

    // Nobody is.
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    assert!(says(&scenario.desired(30).unwrap(), ("Unknown", "NoReports")));
}

/// V2: the report in which a number breaches has the verdict that says so, and the one that is good again does not yet.
#[test]
fn never_good_beside_a_number_that_breaches() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let mut scenario = two_clients();
        let mut last_breach: Option<u64> = None;
        for post_number in 0..30 {
            let second = post_number * 5;
            let breaches = random.u8(0..4) == 0;
            let session = judged(|session| {
                if breaches {
                    let client = random.usize(0..2);
                    let numbers = &mut session.clients[client].numbers;
                    match random.u8(0..5) {
                        0 => numbers.loss_percent = Some(20.5),
                        1 => numbers.undetected_percent = Some(1.01),
                        2 => numbers.delivered_percent = Some(94.9),
                        3 => numbers.longest_freeze_milliseconds = Some(1001.0),
                        _ => session.all.latency_p95_milliseconds = Some(200.1),
                    }
                }
            });
            scenario.server(second, posted(post_number + 1, &session));
            let (is_met, _) = met(&scenario.desired(second).unwrap());
            if breaches {
                last_breach = Some(second);
            }
            let expected = match last_breach {
                Some(breach) if second < breach + 10 => "False",
                _ => "True",
            };
            assert_eq!(is_met, expected, "at {second} s, the last breach was at {last_breach:?}");
        }
    }
}

/// V3: other objectives are judged at once, by the numbers that are there.
#[test]
fn other_objectives_are_judged_at_once() {
    let mut scenario = two_clients();
    scenario.server(0, posted(1, &judged(|_| ())));
    scenario.write(0);
    let set = |scenario: &mut Scenario, generation: i64, objectives: &Value| {
        let mut status = serde_json::to_value(scenario.session.status.as_ref().unwrap()).unwrap();
        status["run"] = json!({"hash": run(&scenario.spec)});
        scenario.spec = json!({"clients": 2, "objectives": objectives});
        scenario.session = stored(&scenario.spec, &status);
        scenario.session.metadata.generation = Some(generation);
    };
    set(&mut scenario, 2, &json!({"lossPercent": "0.1"}));
    scenario.at(1, Tracked::judge);
    let strict = scenario.desired(1).unwrap();
    assert!(says(&strict, ("False", "LossTooHigh")));
    assert_eq!(condition(&strict).unwrap().observed_generation, Some(2));
    // A breach of other objectives does not put off the verdict on these.
    set(&mut scenario, 3, &json!({"lossPercent": "5"}));
    scenario.at(2, Tracked::judge);
    let generous = scenario.desired(2).unwrap();
    assert!(says(&generous, ("True", "Met")));
    assert_eq!(condition(&generous).unwrap().observed_generation, Some(3));

    // Of another window there are no numbers until a post has them, but whoever is gone is gone in every window.
    set(&mut scenario, 4, &json!({"window": "90s"}));
    scenario.at(3, Tracked::judge);
    let unknown = scenario.desired(3).unwrap();
    assert!(says(&unknown, ("Unknown", "NoReports")), "{:?}", met(&unknown));
    assert_eq!(message(&unknown), "the server has not reported numbers of the last 90s yet");
    scenario.server(5, posted(2, &judged(|_| ())));
    assert!(says(&scenario.desired(5).unwrap(), ("Unknown", "NoReports")));
    let gone = judged(|session| session.clients[0].media = Media::Gone { seconds: 9.0 });
    scenario.server(6, posted(3, &gone));
    assert!(says(&scenario.desired(6).unwrap(), ("False", "ClientsLost")));
    for second in [10, 16] {
        let mut of_window = posted(second, &judged(|_| ()));
        of_window.window_seconds = Some(90.0);
        scenario.server(second, of_window);
    }
    assert!(says(&scenario.desired(16).unwrap(), ("True", "Met")));
}

/// V15: a pod whose clock stepped back, or whose container was restarted with an earlier one, is heard.
#[test]
fn clocks_that_step_back_hide_no_report() {
    let of = |instance: &str, start: i64, sequence: u64, lost: u64| {
        let mut post = post(start, sequence, lost);
        post.instance = Some(instance.into());
        post
    };
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, of("a", 60, 7, 1));
    assert_ne!(scenario.server(5, of("a", -3600, 8, 2)), PostEffect::Ignored, "its clock stepped back");
    assert_eq!(scenario.server(6, of("b", -7200, 1, 3)), PostEffect::StateChanged, "another process");
    assert_eq!(scenario.server(7, of("a", 60, 9, 9)), PostEffect::Ignored, "the process before is over");
    let status = scenario.desired(8).unwrap();
    assert_eq!((lost(&status), status.server_restarts), (3, Some(1)));

    let client = |scenario: &mut Scenario, instance: &str, start: i64, sequence: u64| {
        let mut post = client_post(sequence);
        post.instance = Some(instance.into());
        post.started_at = Timestamp::from_second(start).unwrap();
        let pod = scenario.pod("harbor-client-0");
        scenario.at(9, |tracked, session, now| tracked.take_client(pod, post, session, now))
    };
    assert_eq!(client(&mut scenario, "a", 900, 5), PostEffect::StateChanged);
    assert_eq!(client(&mut scenario, "b", 100, 1), PostEffect::StateChanged);
    assert_eq!(client(&mut scenario, "a", 900, 6), PostEffect::Ignored);
}

#[test]
fn the_node_of_a_client_without_a_row_is_that_of_its_pod() {
    let mut scenario = two_clients();
    let pod = scenario.pod("harbor-client-1");
    scenario.at(0, |tracked, session, now| tracked.take_client(pod, client_post(1), session, now));
    let mut post = posted(1, &judged(|session| session.clients[1].numbers.loss_percent = Some(8.1)));
    post.summary.clients.pop();
    scenario.server(1, post);
    assert_eq!(
        message(&scenario.desired(1).unwrap()),
        "8.1 % lost, 1 % allowed (harbor-client-1 on worker-1; cause Network)"
    );
}

/// The compact numbers of a client have no room for it: its row has it.
#[test]
fn where_packets_of_the_medias_size_vanish_the_message_says_above_which() {
    let mut scenario = two_clients();
    let mut post = posted(1, &judged(|session| session.clients[1].numbers.loss_percent = Some(8.1)));
    let mut of_size = |sequence, to_client| {
        post.sequence = sequence;
        post.summary.clients[1].path_mtu =
            Some(PathMtu { to_client: Some(to_client), to_server: None, largest_packet: Some(1238) });
        scenario.server(sequence, post.clone());
        message(&scenario.desired(sequence).unwrap())
    };
    assert_eq!(of_size(1, 1500), "8.1 % lost, 1 % allowed (harbor-client-1 on worker-2; cause Network)");
    assert_eq!(
        of_size(2, 1000),
        "8.1 % lost, 1 % allowed (harbor-client-1 on worker-2; cause Network: datagrams above 1000 bytes vanish)"
    );
}

#[test]
fn a_recorded_post_of_version_1_is_judged_by_its_summary() {
    let body = include_bytes!("../../testing/server-post-v1.json");
    let recorded: ServerPost = serde_json::from_slice(body).unwrap();
    let mut scenario = two_clients();
    scenario.server(0, recorded.clone());
    let status = scenario.desired(0).unwrap();
    assert!(says(&status, ("True", "Met")), "{:?}: {}", met(&status), message(&status));
    let mut bad = recorded;
    bad.sequence += 1;
    bad.summary.recent.loss_percent = Some(8.1);
    scenario.server(10, bad);
    let status = scenario.desired(10).unwrap();
    assert_eq!(message(&status), "8.1 % lost, 1 % allowed (all clients; cause Unknown)");
}

/// As a server of this version posted it to two clients, its window set to 20 s by an answer.
#[test]
fn a_recorded_post_of_version_2_is_judged_by_what_it_says_of_each_client() {
    let body = include_bytes!("../../testing/server-post-v2.json");
    let recorded: ServerPost = serde_json::from_slice(body).unwrap();
    let mut scenario = Scenario::new(&json!({"clients": 2, "objectives": {"window": "20s"}}));
    expect(&mut scenario, 0, "e1");
    scenario.server(0, recorded.clone());
    let status = scenario.desired(0).unwrap();
    assert!(says(&status, ("True", "Met")), "{:?}: {}", met(&status), message(&status));
    assert_eq!(status.display.unwrap().delivered.as_deref(), Some("99.2%"));
    assert_eq!(status.clients[1].delivered_percent.as_deref(), Some("99.2"));
    assert!(status.clients[1].network.is_some() && status.clients[1].setup.is_some());

    let mut scenario = Scenario::new(&json!({"clients": 2}));
    scenario.server(0, recorded);
    assert!(says(&scenario.desired(0).unwrap(), ("Unknown", "NoReports")), "of another window");
}

#[test]
fn messages_stay_within_their_limit() {
    let bad = judged(|session| {
        session.clients[0] = JudgedClient { cause: Cause::ServerCpu, ..judged_client(&"n".repeat(128)) };
        session.clients[0].is_wanted = true;
        session.clients[0].numbers.loss_percent = Some(50.0);
        session.clients[0].numbers.undetected_percent = Some(50.0);
        session.clients[0].numbers.delivered_percent = Some(1.0);
    });
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, posted(1, &bad));
    let status = scenario.desired(0).unwrap();
    assert!(says(&status, ("False", "LossTooHigh")));
    assert!(
        message(&status).len() <= 256 && message(&status).ends_with("; and 2 more"),
        "{}",
        message(&status)
    );
}
