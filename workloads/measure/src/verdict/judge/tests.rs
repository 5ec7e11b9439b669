use proptest::prelude::*;
use report::judged::{JudgedClient, JudgedNumbers, JudgedSession, Media};

use super::*;

const OBJECTIVES: &str =
    "error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,frames=300";

/// Good in every respect, over a minute.
fn good() -> JudgedNumbers {
    JudgedNumbers {
        settled: 1800,
        wanted_seconds: 60.0,
        loss_percent: Some(0.5),
        undetected_percent: Some(0.1),
        delivered_percent: Some(99.4),
        error_p95_pixels: Some(0.012),
        latency_p95_milliseconds: Some(7.5),
        longest_freeze_milliseconds: Some(66.7),
        setup_p95_milliseconds: Some(80.0),
        recovery_milliseconds: None,
    }
}

fn client(id: &str) -> JudgedClient {
    JudgedClient {
        id: id.into(),
        node: Some("worker-2".into()),
        is_wanted: true,
        media: Media::Flowing,
        numbers: good(),
        cause: Cause::Network,
        vanishes_above: None,
        way: None,
    }
}

fn session(clients: Vec<JudgedClient>) -> JudgedSession {
    let all = JudgedNumbers {
        settled: clients.iter().map(|client| client.numbers.settled).sum(),
        wanted_seconds: clients.iter().map(|client| client.numbers.wanted_seconds).sum(),
        ..good()
    };
    JudgedSession {
        all,
        clients,
        frames_per_second: 30,
        span_seconds: 60.0,
        epoch_age_seconds: None,
        is_suspended: false,
        cause: Cause::Unknown,
    }
}

fn said(session: &JudgedSession) -> String {
    judge(session, &OBJECTIVES.parse().unwrap()).to_string()
}

/// The verdict on two clients of which the second one has `numbers`.
fn of_numbers(change: impl FnOnce(&mut JudgedNumbers)) -> String {
    let mut second = client("demo-client-1");
    change(&mut second.numbers);
    said(&session(vec![client("demo-client-0"), second]))
}

fn of_media(media: Media) -> String {
    said(&session(vec![client("demo-client-0"), JudgedClient { media, ..client("demo-client-1") }]))
}

#[test]
fn reaching_a_limit_exactly_meets_it() {
    assert_eq!(said(&session(vec![client("a")])), "Met");
    let limits = of_numbers(|numbers| {
        numbers.loss_percent = Some(1.0);
        numbers.delivered_percent = Some(95.0);
        numbers.longest_freeze_milliseconds = Some(1000.0);
    });
    assert_eq!(limits, "Met");
}

/// V4, V5, V6: each quantity has its reason, with value, threshold, client, node and cause.
#[test]
fn each_limit_has_its_reason() {
    type Change = fn(&mut JudgedNumbers);
    let cases: [(Change, &str); 8] = [
        (|n| n.error_p95_pixels = Some(1.5), "ErrorTooHigh: 1.5 px error p95, 1 px allowed"),
        (|n| n.latency_p95_milliseconds = Some(218.0), "LatencyTooHigh: 218 ms latency p95, 200 ms allowed"),
        (|n| n.loss_percent = Some(8.1), "LossTooHigh: 8.1 % lost, 1 % allowed"),
        (|n| n.undetected_percent = Some(90.0), "UndetectedTooHigh: 90 % undetected, 1 % allowed"),
        (|n| n.delivered_percent = Some(50.0), "DeliveredTooLow: 50 % delivered, 95 % required"),
        (
            |n| n.longest_freeze_milliseconds = Some(1100.0),
            "FreezeTooLong: 1100 ms longest freeze, 1000 ms allowed",
        ),
        (
            |n| n.recovery_milliseconds = Some(12_000.0),
            "RecoveryTooSlow: 12000 ms without pictures after the server was replaced, 10000 ms allowed",
        ),
        (|n| n.setup_p95_milliseconds = Some(6000.0), "SetupTooSlow: 6000 ms setup p95, 5000 ms allowed"),
    ];
    let asked = format!("{OBJECTIVES},recovery=10s").parse().unwrap();
    for (change, message) in cases {
        let mut second = client("demo-client-1");
        second.numbers.recovery_milliseconds = Some(2000.0);
        change(&mut second.numbers);
        let mut session = session(vec![client("demo-client-0"), second]);
        session.all.recovery_milliseconds = Some(2000.0);
        // No network moves a ball that was seen.
        let is_of_the_picture = message.starts_with("Error") || message.starts_with("Undetected");
        let cause = if is_of_the_picture { "Unknown" } else { "Network" };
        let said = judge(&session, &asked).to_string();
        assert_eq!(said, format!("{message} (demo-client-1 on worker-2; cause {cause})"));
    }
}

#[test]
fn a_slow_recovery_comes_after_freezes_and_before_set_ups() {
    let mut slow = client("a");
    slow.numbers.longest_freeze_milliseconds = Some(2000.0);
    slow.numbers.recovery_milliseconds = Some(2000.0);
    slow.numbers.setup_p95_milliseconds = Some(9000.0);
    let verdict = judge(&session(vec![slow]), &format!("{OBJECTIVES},recovery=1s").parse().unwrap());
    let Verdict::Missed(failures) = verdict else { panic!("{verdict}") };
    let reasons: Vec<_> = failures.iter().map(|failure| failure.reason).collect();
    assert_eq!(reasons, [Reason::FreezeTooLong, Reason::RecoveryTooSlow, Reason::SetupTooSlow]);
}

/// Before anybody had to come back nothing is known of how long that takes.
#[test]
fn a_recovery_that_is_asked_for_has_to_be_known() {
    let asked = "recovery=10s,frames=1".parse().unwrap();
    let mut session = session(vec![client("a"), client("b")]);
    assert!(judge(&session, &asked).to_string().starts_with("InsufficientSamples: no client has come back"));
    session.all.recovery_milliseconds = Some(10_000.0);
    assert!(judge(&session, &asked).is_met(), "whoever joined since had nothing to come back from");
    session.clients[0].media = Media::Gone { seconds: 9.0 };
    assert!(
        judge(&session, &asked).to_string().starts_with("ClientsLost: "),
        "who does not come back is lost"
    );
}

/// V7: one bad client of a hundred is a percent of all frames, and it decides.
#[test]
fn the_worst_client_decides_and_is_named() {
    let mut clients: Vec<_> = (0..100).map(|index| client(&format!("demo-client-{index}"))).collect();
    clients[42].numbers.loss_percent = Some(100.0);
    clients[7].numbers.loss_percent = Some(3.0);
    let said = said(&session(clients));
    assert!(said.starts_with("LossTooHigh: 100 % lost, 1 % allowed (demo-client-42 on worker-2"), "{said}");
}

/// What no client breaches by itself, all of them together may, as when most are too young to be judged.
#[test]
fn all_together_are_judged_beside() {
    let mut session = session(vec![client("a"), client("b")]);
    session.all.loss_percent = Some(2.0);
    assert_eq!(said(&session), "LossTooHigh: 2 % lost, 1 % allowed (all clients; cause Unknown)");
}

/// A newcomer that ruins the numbers of all is named before there are enough of its own frames to judge it alone.
#[test]
fn who_is_too_young_to_be_judged_is_named_where_all_together_fail() {
    let mut newcomer = client("b");
    (newcomer.numbers.wanted_seconds, newcomer.numbers.settled) = (3.0, 90);
    newcomer.numbers.loss_percent = Some(30.0);
    let mut session = session(vec![client("a"), newcomer]);
    assert_eq!(said(&session), "Met", "by itself it is too young");
    session.all.loss_percent = Some(2.0);
    let named = "LossTooHigh: 30 % lost, 1 % allowed (b on worker-2; cause Network)";
    assert_eq!(said(&session), named);
    session.clients[1].is_wanted = false;
    assert_eq!(said(&session), named, "and after it has left, as long as its frames are in the window");
}

/// V1: whoever is gone or decodes nothing is named within 5 s, whatever the window says, and before all numbers.
#[test]
fn clients_without_media_come_first() {
    assert_eq!(of_media(Media::Gone { seconds: 4.9 }), "Met", "its open gap counts as a freeze meanwhile");
    for (media, message) in [
        (Media::Gone { seconds: 5.0 }, "ClientsLost: gone, no frame decoded for 5 s, 5 s allowed"),
        (Media::Stopped { seconds: 6.5 }, "NoMedia: no frame decoded for 6.5 s, 5 s allowed"),
        (Media::NeverHad { seconds: 5.0 }, "NoMedia: no frame decoded for 5 s, 5 s allowed"),
        (Media::Awaited { seconds: 60.0 }, "NoMedia: no frame decoded for 60 s, 5 s allowed"),
    ] {
        assert_eq!(of_media(media), format!("{message} (demo-client-1 on worker-2; cause Network)"));
    }
    let mut lossy = client("demo-client-0");
    lossy.numbers.loss_percent = Some(50.0);
    let gone = JudgedClient { media: Media::Gone { seconds: 9.0 }, ..client("demo-client-1") };
    let said = said(&session(vec![lossy, gone]));
    assert!(said.starts_with("ClientsLost: ") && said.contains("; LossTooHigh: "), "{said}");
}

#[test]
fn clients_on_their_way_are_waited_for() {
    for media in [Media::Awaited { seconds: 59.0 }, Media::NeverHad { seconds: 1.0 }] {
        assert_eq!(of_media(media), "Starting: demo-client-1 has no media yet");
    }
}

/// A client that is not to be there breaches nothing, but is no good sign either.
#[test]
fn who_is_not_wanted_is_not_judged() {
    let mut unwanted = client("b");
    (unwanted.is_wanted, unwanted.media) = (false, Media::Gone { seconds: 99.0 });
    unwanted.numbers.loss_percent = Some(100.0);
    assert_eq!(said(&session(vec![client("a"), unwanted.clone()])), "Met");
    assert_eq!(said(&session(vec![unwanted])), "NoClients: no client is to be there");
    let suspended = JudgedSession { is_suspended: true, ..session(vec![client("a")]) };
    assert_eq!(said(&suspended), "Suspended: the session is suspended");
}

/// V10: the minimum is one that the window can hold.
#[test]
fn too_little_is_never_a_pass_and_never_for_ever() {
    let with = |settled: u64, span_seconds: f64| {
        let mut session = session(vec![client("a")]);
        (session.all.settled, session.span_seconds) = (settled, span_seconds);
        said(&session)
    };
    assert_eq!(with(299, 60.0), "InsufficientSamples: the fate of 299 frames is known, 300 are needed");
    assert_eq!(with(300, 60.0), "Met");
    assert_eq!(with(269, 10.0), "InsufficientSamples: the fate of 269 frames is known, 270 are needed");
    assert_eq!(with(298, 10.0), "Met");
}

/// Fifty clients have three hundred frames after a fifth of a second: nothing was judged by then.
#[test]
fn frames_without_the_time_for_a_ratio_are_too_little() {
    let mut session = session(vec![client("a")]);
    (session.all.settled, session.all.wanted_seconds) = (300, 4.9);
    assert!(said(&session).starts_with("InsufficientSamples: clients were measured for 4.9 s"));
    assert!(judge(&session, &"frames=300".parse().unwrap()).is_met(), "no ratio is asked for");
}

#[test]
fn a_client_is_judged_by_ratios_only_after_five_seconds_but_by_its_open_gap_at_once() {
    let young = |numbers: &mut JudgedNumbers| (numbers.settled, numbers.wanted_seconds) = (149, 4.9);
    let lossy = of_numbers(|numbers| {
        young(numbers);
        numbers.loss_percent = Some(50.0);
    });
    assert_eq!(lossy, "Met");
    let frozen = of_numbers(|numbers| {
        young(numbers);
        numbers.longest_freeze_milliseconds = Some(1200.0);
    });
    assert!(frozen.starts_with("FreezeTooLong"), "{frozen}");
}

/// V10: a hundred frames at 5 frames per second are 20 s, which a window of 10 s never has.
#[test]
fn a_client_is_judged_in_every_window() {
    let mut lossy = client("b");
    (lossy.numbers.settled, lossy.numbers.wanted_seconds) = (48, 9.5);
    lossy.numbers.loss_percent = Some(20.0);
    let slow =
        JudgedSession { frames_per_second: 5, span_seconds: 10.0, ..session(vec![client("a"), lossy]) };
    assert!(said(&slow).starts_with("LossTooHigh: 20 % lost"), "{}", said(&slow));
}

#[test]
fn after_a_change_of_the_operators_own_there_is_a_minute_of_grace() {
    let mut session =
        session(vec![client("a"), JudgedClient { media: Media::Gone { seconds: 20.0 }, ..client("b") }]);
    session.epoch_age_seconds = Some(59.0);
    assert!(said(&session).starts_with("Starting: "));
    session.epoch_age_seconds = Some(60.0);
    assert!(said(&session).starts_with("ClientsLost: "));
    session.epoch_age_seconds = Some(20.0);
    session.clients[1] = client("b");
    assert_eq!(said(&session), "Met");
    session.clients[1].numbers.loss_percent = Some(9.0);
    assert!(said(&session).starts_with("LossTooHigh: "), "all have media: it is judged as it is");
}

#[test]
fn missing_numbers_and_numbers_that_are_none_never_pass() {
    let mut session = session(vec![client("a")]);
    session.all.error_p95_pixels = None;
    session.clients[0].numbers.error_p95_pixels = None;
    assert!(said(&session).starts_with("ErrorTooHigh: no frame was matched, 1 px error p95 allowed"));
    session.clients[0].numbers.undetected_percent = Some(100.0);
    assert!(said(&session).starts_with("UndetectedTooHigh: 100 %"), "what explains it is said instead");
    assert!(of_numbers(|numbers| numbers.loss_percent = Some(f64::NAN)).starts_with("LossTooHigh"));
}

/// All frames are of a client that is not wanted any more, and freezes are of those that are.
#[test]
fn who_is_wanted_only_since_the_window_ended_has_no_freezes_to_miss() {
    let gone = JudgedClient { is_wanted: false, ..client("a") };
    let mut new = client("b");
    new.numbers.longest_freeze_milliseconds = None;
    let mut session = session(vec![gone, new]);
    session.all.longest_freeze_milliseconds = None;
    assert!(said(&session).starts_with("FreezeTooLong: no two frames were decoded"), "{}", said(&session));
    session.clients[1].numbers.wanted_seconds = 0.0;
    assert_eq!(said(&session), "Met");
}

/// After a suspension frames of before may be settled, of a time in which nobody was to be there.
#[test]
fn what_was_delivered_in_no_time_is_not_known() {
    let mut session = session(vec![client("a")]);
    (session.all.wanted_seconds, session.all.delivered_percent) = (0.0, None);
    assert!(said(&session).starts_with("InsufficientSamples: "), "{}", said(&session));
}

fn number(good: f64, bad: f64) -> impl Strategy<Value = Option<f64>> {
    prop_oneof![8 => Just(Some(good)), 1 => Just(Some(bad)), 1 => Just(None)]
}

fn numbers() -> impl Strategy<Value = JudgedNumbers> {
    let counts = (0u64..400, 0.0f64..12.0);
    let ratios = (number(0.5, 9.0), number(0.5, 9.0), number(99.0, 50.0));
    let others = (number(0.01, 3.0), number(9.0, 900.0), number(60.0, 5000.0), number(80.0, 9000.0));
    (counts, ratios, others).prop_map(|((settled, wanted), (loss, undetected, delivered), others)| {
        JudgedNumbers {
            settled,
            wanted_seconds: wanted,
            loss_percent: loss,
            undetected_percent: undetected,
            delivered_percent: delivered,
            error_p95_pixels: others.0,
            latency_p95_milliseconds: others.1,
            longest_freeze_milliseconds: others.2,
            setup_p95_milliseconds: others.3,
            recovery_milliseconds: None,
        }
    })
}

fn any_client() -> impl Strategy<Value = JudgedClient> {
    let seconds = 0.0f64..90.0;
    let media = prop_oneof![
        8 => Just(Media::Flowing),
        1 => seconds.clone().prop_map(|seconds| Media::Gone { seconds }),
        1 => seconds.clone().prop_map(|seconds| Media::Stopped { seconds }),
        1 => seconds.clone().prop_map(|seconds| Media::NeverHad { seconds }),
        1 => seconds.prop_map(|seconds| Media::Awaited { seconds }),
    ];
    (media, prop::bool::weighted(0.8), numbers()).prop_map(|(media, is_wanted, numbers)| JudgedClient {
        media,
        is_wanted,
        numbers,
        ..client("any")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Never Met beside a number that is judged and breaches, and never beside a wanted client without media.
    #[test]
    fn met_is_never_said_beside_a_breach(
        clients in prop::collection::vec(any_client(), 0..5),
        all in numbers(),
        epoch in prop::option::of(0.0f64..90.0),
    ) {
        let session = JudgedSession { all, epoch_age_seconds: epoch, ..session(clients) };
        let objectives: Objectives = OBJECTIVES.parse().unwrap();
        let verdict = judge(&session, &objectives);
        let wanted: Vec<_> = session.clients.iter().filter(|client| client.is_wanted).collect();
        let judged = wanted.iter().map(|client| &client.numbers).chain([&session.all]);
        let breaches = judged.filter(|numbers| {
            let ratios = is_judged(numbers, &session) && (numbers.loss_percent.is_some_and(|n| n > 1.0)
                || numbers.undetected_percent.is_some_and(|n| n > 1.0)
                || numbers.delivered_percent.is_some_and(|n| n < 95.0)
                || numbers.error_p95_pixels.is_some_and(|n| n > 1.0)
                || numbers.latency_p95_milliseconds.is_some_and(|n| n > 200.0));
            ratios
                || numbers.longest_freeze_milliseconds.is_some_and(|n| n > 1000.0)
                || numbers.setup_p95_milliseconds.is_some_and(|n| n > 5000.0)
        });
        let breached = breaches.count() > 0;
        let without_media = wanted.iter().any(|client| match client.media {
            Media::Flowing => false,
            Media::Gone { seconds } | Media::Stopped { seconds } => seconds >= 5.0,
            Media::NeverHad { .. } | Media::Awaited { .. } => true,
        });
        if wanted.is_empty() || breached || without_media || session.all.settled < 270 {
            prop_assert!(!verdict.is_met(), "{verdict} of {session:?}");
        }
        if (breached || without_media) && epoch.is_none_or(|age| age >= 60.0) && !wanted.is_empty() {
            let starting = matches!(&verdict, Verdict::Inconclusive { reason: Pending::Starting, .. });
            prop_assert!(verdict.is_missed() || starting, "{verdict} of {session:?}");
        }
        if verdict.is_missed() {
            prop_assert!(breached || without_media || verdict.failure().is_some_and(|f| f.measured.is_none()));
        }
    }
}
