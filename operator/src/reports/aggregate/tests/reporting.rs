//! Reports that come one after the other, doubled, overtaken, or from pods that are gone.

use report::judged::{JudgedClient, JudgedNumbers};
use report::way::{Way, WayKind};

use super::*;
use crate::reports::testing::{INSTANCE, judged_client, judged_session};

#[test]
fn order_and_repetition_do_not_matter() {
    let posts: Vec<_> = (1..=20).map(|sequence| post(0, sequence, sequence)).collect();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..50 {
        let mut order: Vec<_> = posts.iter().chain(&posts).cloned().collect();
        random.shuffle(&mut order);
        let mut scenario = Scenario::new(&json!({}));
        let mut highest = 0;
        for post in order {
            let received = scenario.server(1, post);
            let shown = lost(&scenario.desired(1).unwrap());
            assert!(shown >= highest, "numbers of a process never go back");
            assert_eq!(received == PostEffect::Ignored, shown == highest);
            highest = shown;
        }
        let status = scenario.desired(1).unwrap();
        assert_eq!((lost(&status), status.server_restarts, status.error_count), (20, Some(0), Some(20)));
    }
}

#[test]
fn a_new_process_is_a_visible_reset() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 9, 5));
    assert_ne!(scenario.server(10, post(60, 1, 0)), PostEffect::Ignored);
    let status = scenario.desired(10).unwrap();
    assert_eq!((lost(&status), status.server_restarts), (0, Some(1)));
    assert_eq!(status.measurements.unwrap().started_at.unwrap().0.as_second(), 1_767_225_660);
    assert_eq!(status.error_count, Some(5), "errors are those of the run");
    assert_eq!(scenario.server(20, post(0, 10, 6)), PostEffect::Ignored, "the process before is over");
}

#[test]
fn only_the_newest_server_pod_of_the_run_counts() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 1));
    let mut other = scenario.pod("other");
    other.run = Some("of another run".into());
    let received = |scenario: &mut Scenario, pod: PodFacts, post| {
        scenario.at(1, |tracked, session, now| tracked.take_server(pod, post, session, now))
    };
    assert_eq!(received(&mut scenario, other.clone(), post(60, 1, 2)), PostEffect::Ignored);
    other.run = None;
    assert_eq!(received(&mut scenario, other.clone(), post(60, 1, 2)), PostEffect::Ignored);

    // One of the same second, by what it says itself.
    let mut twin = scenario.pod("twin");
    twin.created = scenario.pod("server").created;
    assert_eq!(received(&mut scenario, twin.clone(), post(-1, 9, 2)), PostEffect::Ignored);
    assert_eq!(received(&mut scenario, twin, post(30, 1, 2)), PostEffect::StateChanged);

    // A newer pod replaces the older one, whatever the clocks of their nodes say; never the other way round.
    other = scenario.pod("other");
    other.created = Some(Timestamp::from_second(60).unwrap());
    assert_eq!(received(&mut scenario, other, post(-60, 1, 2)), PostEffect::StateChanged);
    assert_eq!(scenario.server(2, post(0, 2, 9)), PostEffect::Ignored);
    assert_eq!(lost(&scenario.desired(2).unwrap()), 2);
}

#[test]
fn pods_that_are_gone_leave_their_numbers_and_errors() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 2));
    scenario.client(0, "client-a", 3);
    scenario.client(0, "client-b", 4);
    assert_eq!(scenario.desired(0).unwrap().error_count, Some(9));
    assert!(scenario.forget(&["client-a", "server"]));
    assert!(!scenario.forget(&["client-a", "server"]));
    let view = scenario.at(0, |tracked, _, _| tracked.view());
    assert_eq!((view.server, view.clients.into_keys().collect()), (None, vec!["client-b".to_owned()]));
    let status = scenario.desired(1).unwrap();
    assert_eq!((status.error_count, lost(&status)), (Some(9), 2));
    assert_eq!(scenario.server(5, post(60, 1, 1)), PostEffect::StateChanged);
    assert_eq!(scenario.desired(5).unwrap().error_count, Some(10));
}

#[test]
fn errors_of_clients_show_without_any_report_of_a_server() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.client(0, "client-a", 3);
    let status = scenario.desired(0).unwrap();
    assert_eq!((status.error_count, status.errors[0].code.as_str()), (Some(3), "IceFailed"));
    assert!(says(&status, ("Unknown", "NoReports")));
}

#[test]
fn no_more_client_pods_are_remembered_than_a_session_can_have() {
    let mut scenario = Scenario::new(&json!({}));
    let taken =
        (0..1000).filter(|pod| scenario.client(0, &format!("pod-{pod}"), 1) != PostEffect::Ignored).count();
    assert_eq!(taken, 256);
}

#[test]
fn a_state_change_is_what_is_more_than_numbers() {
    let mut scenario = Scenario::new(&json!({}));
    assert_eq!(scenario.server(0, post(0, 1, 1)), PostEffect::StateChanged);
    let mut next = post(0, 2, 2);
    next.summary.clients.reverse();
    assert_eq!(scenario.server(10, next.clone()), PostEffect::NumbersChanged);
    next.sequence = 3;
    next.summary.clients[0].state = State::Lost;
    assert_eq!(scenario.server(20, next.clone()), PostEffect::StateChanged);
    next.sequence = 4;
    next.connected_clients = 1;
    assert_eq!(scenario.server(30, next), PostEffect::StateChanged);
}

#[test]
fn which_of_many_clients_are_the_worst_is_no_state_change() {
    let with = |sequence: u64, clients: std::ops::Range<u64>| {
        let mut post = post(0, sequence, 0);
        post.summary.clients = clients.map(|client| row(&format!("client-{client}"))).collect();
        post
    };
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, with(1, 0..16));
    assert_eq!(scenario.server(10, with(2, 4..20)), PostEffect::NumbersChanged);
    let mut lost = with(3, 5..21);
    lost.summary.clients[0].state = State::Lost;
    assert_eq!(scenario.server(20, lost), PostEffect::StateChanged);
    assert_eq!(scenario.server(30, with(4, 6..22)), PostEffect::StateChanged, "it is back, or gone");
    // Where all have rows, it is a state change who they are.
    assert_eq!(scenario.server(40, with(5, 0..15)), PostEffect::StateChanged);
    assert_eq!(scenario.server(50, with(6, 1..16)), PostEffect::StateChanged);
}

#[test]
fn sessions_that_are_gone_are_forgotten() {
    let mut scenario = Scenario::new(&json!({}));
    scenario.server(0, post(0, 1, 0));
    assert!(scenario.aggregate.get("harbor-uid").is_some());
    scenario.aggregate.retain(|key| key.uid != "harbor-uid");
    assert!(scenario.aggregate.get("harbor-uid").is_none());
}

/// V16: clients of an unbounded session outlive a video change, and their errors belong to the run before.
#[test]
fn another_run_begins_without_the_errors_of_the_one_before() {
    let mut scenario = Scenario::new(&json!({}));
    let reports = |scenario: &mut Scenario, sequence, instance: &str, errors| {
        let mut post = client_post(sequence);
        (post.instance, post.errors) = (Some(instance.into()), error(ErrorCode::IceFailed, errors));
        // As pods of unbounded sessions are.
        let pod = PodFacts { run: None, ..scenario.pod("client-0") };
        scenario.at(sequence, |tracked, session, now| tracked.take_client(pod, post, session, now));
        scenario.desired(sequence).unwrap().error_count
    };
    assert_eq!(reports(&mut scenario, 1, "one", 3), Some(3));
    for (sequence, width) in [(10, 320), (20, 640)] {
        scenario.spec = json!({"video": {"width": width}});
        scenario.session = stored(&scenario.spec, &json!({}));
        let before = if sequence == 10 { 3 } else { 5 };
        assert_eq!(reports(&mut scenario, sequence, "one", before), Some(0));
        assert_eq!(reports(&mut scenario, sequence + 1, "one", before + 2), Some(2));
    }
    assert_eq!(reports(&mut scenario, 30, "two", 1), Some(3), "another process counts from its start");
}

/// Which way media takes is more than a number: the controller compares it with the one that is asked for.
#[test]
fn another_way_of_media_is_told_at_once() {
    let mut scenario = Scenario::new(&json!({}));
    let way = |kind| Some(Way { kind, is_ipv6: false });
    let with = |sequence: u64, ways: [Option<Way>; 2], settled: u64| {
        let ids = ["harbor-client-0", "harbor-client-1"];
        let clients = ids.into_iter().zip(ways).map(|(id, way)| {
            let client = judged_client(id);
            JudgedClient { way, numbers: JudgedNumbers { settled, ..client.numbers }, ..client }
        });
        server_post(sequence).judged(INSTANCE, &judged_session(clients.collect()), false)
    };
    let (by_service, direct) = (way(WayKind::Advertised), way(WayKind::Direct));
    scenario.server(0, with(1, [by_service, by_service], 900));
    assert_eq!(scenario.server(5, with(2, [by_service, by_service], 900)), PostEffect::NumbersChanged);
    assert_eq!(scenario.server(10, with(3, [by_service, direct], 900)), PostEffect::StateChanged);
    let ways = |scenario: &mut Scenario| scenario.at(10, |tracked, _, _| tracked.view().server.unwrap().ways);
    assert_eq!(ways(&mut scenario)["harbor-client-1"], direct);
    scenario.server(15, with(4, [None, direct], 0));
    assert!(ways(&mut scenario).is_empty(), "nobody has had media for as long as it takes to know");
}
