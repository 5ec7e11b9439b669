//! After a breach it takes 10 s of which it is known that there was none until the verdict is good again.

use report::judged::Media;

use super::verdicts::{judged, posted, two_clients};
use super::*;
use crate::reports::aggregate::judging::is_believed;

/// What happens in a second.
struct Happens {
    server: Option<bool>,
    client: Option<f64>,
}

/// A server that posts as often as it is to, but for times of silence, and a client that says when it has no media.
fn happenings(random: &mut fastrand::Rng) -> Vec<Happens> {
    let (mut next_post, mut without) = (0_u64, 0.0_f64);
    let mut happenings = Vec::new();
    for second in 0..150_u64 {
        let server = (second == next_post).then(|| {
            next_post = second + if random.u8(..4) == 0 { random.u64(6..40) } else { 5 };
            random.u8(..5) == 0
        });
        without = match random.u8(..12) {
            0 => 3.0,
            1 | 2 => 0.0,
            _ if without > 0.0 => without + 1.0,
            _ => without,
        };
        let client = (second % 3 == 0).then_some(without);
        happenings.push(Happens { server, client });
    }
    happenings
}

fn client_says(scenario: &mut Scenario, second: u64, without: f64) {
    let mut post = client_post(second + 1);
    post.without_media_seconds = Some(without);
    let pod = scenario.pod("harbor-client-1");
    scenario.at(second, |tracked, session, now| tracked.take_client(pod, post, session, now));
}

#[test]
fn no_good_verdict_comes_between_two_breaches_of_ten_seconds() {
    let mut random = fastrand::Rng::with_seed(11);
    for run in 0..300 {
        let mut scenario = two_clients();
        let (mut last_breach, mut is_believed_still): (Option<u64>, bool) = (None, false);
        // The seconds since the last breach of which something is known, and when the server posted last.
        let (mut known_good, mut heard) = (0_u64, 0_u64);
        for (second, happens) in (0..).zip(happenings(&mut random)) {
            // Until now.
            let mut is_breached = is_believed_still;
            if let Some(without) = happens.client {
                client_says(&mut scenario, second, without);
                // Perhaps until the server posts in this very second.
                is_breached |= scenario.at(second, |tracked, _, now| is_believed(tracked.evidence(), now));
            }
            if let Some(breaches) = happens.server {
                let session = judged(|session| {
                    if breaches {
                        session.clients[0].media = Media::Stopped { seconds: 6.0 };
                    }
                });
                scenario.server(second, posted(second + 1, &session));
                is_breached |= breaches;
            }
            scenario.at(second, Tracked::judge);
            is_believed_still = scenario.at(second, |tracked, _, now| is_believed(tracked.evidence(), now));
            is_breached |= is_believed_still;
            if happens.server.is_some() {
                let silence = second - heard;
                let since_breach = second - last_breach.unwrap_or(0);
                known_good += if silence < 10 { silence.min(since_breach) } else { 0 };
                heard = second;
            }
            if is_breached {
                last_breach = Some(second);
                known_good = 0;
            }
            let (is_met, reason) = met(&scenario.desired(second).unwrap());
            let is_quiet = last_breach.is_none_or(|breach| second >= breach + 10);
            assert!(
                is_met != "True" || is_quiet,
                "{run}: {reason} at {second} s, the last breach at {last_breach:?}"
            );
            assert!(
                is_met == "True" || happens.server.is_none() || known_good < 10,
                "{run}: {reason} at {second} s, {known_good} s of known good time after the breach at {last_breach:?}"
            );
        }
    }
}

/// The server's node was frozen with all its clients: nobody knows what would have been in the meantime.
#[test]
fn time_of_which_nothing_is_known_is_not_quiet() {
    let mut scenario = two_clients();
    let lossy = judged(|session| session.all.loss_percent = Some(8.1));
    scenario.server(0, posted(1, &lossy));
    scenario.server(5, posted(2, &judged(|_| ())));
    assert!(says(&scenario.desired(35).unwrap(), ("Unknown", "NoReports")));
    for second in [36, 40] {
        scenario.server(second, posted(second, &judged(|_| ())));
        assert!(says(&scenario.desired(second).unwrap(), ("False", "LossTooHigh")), "after {second} s");
    }
    scenario.server(41, posted(41, &judged(|_| ())));
    assert!(says(&scenario.desired(41).unwrap(), ("True", "Met")), "5 s before, and 5 s after");

    // A verdict that was good is not put off by silence.
    scenario.server(80, posted(80, &judged(|_| ())));
    assert!(says(&scenario.desired(80).unwrap(), ("True", "Met")));
}
