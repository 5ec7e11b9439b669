//! Pods that cannot be, end or are taken away.

use ballsession_e2e::Part;
use serde_json::json;

use crate::case::{Case, When};
use crate::cases::reasons::{ANEW, COMING, NO_VIDEO, THIN};
use crate::cases::spec::{steady, steady_with};
use crate::expected::{Answer, Check, Expected, Heals, Since};
use crate::fault::Fault;

/// Nobody listens there: refused at once, by any network.
const NO_IMAGE: &str = "localhost:1/ballsession/none:1";

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    vec![
        no_image(),
        no_quota(),
        server_killed(),
        taken("all clients killed", Fault::Kill(Part::Client, 1, 0)),
        stand_still(),
        taken("client's pod deleted by hand", Fault::DeleteClient),
        evicted(),
        orphaned_client(),
        orphaned_session(),
    ]
}

fn no_image() -> Case {
    let spec = steady_with(json!({"client": {"image": NO_IMAGE}}));
    let expected = Expected {
        ready: Answer::turns(&["ImagePullFailed"], 30).also(COMING),
        named: &[NO_IMAGE],
        heals: Some(Heals { ready: 45, met: 75, since: Since::End }),
        ..Expected::ANY
    };
    let mended = Fault::Spec(json!({"client": {"image": null}}));
    Case::new("image that does not exist", mended, When::Before, spec, expected)
}

fn no_quota() -> Case {
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-pods", "namespace": "{namespace}"},
        "spec": {"hard": {"pods": "0"}}
    });
    let expected = Expected {
        ready: Answer::turns(&["PodsForbidden"], 20).also(COMING),
        named: &["quota", "no-pods"],
        heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
        ..Expected::ANY
    };
    Case::new("quota without pods", Fault::Objects(vec![quota]), When::Before, steady(), expected)
}

fn server_killed() -> Case {
    let expected = Expected {
        ready: Answer::turns(&["ClientsLost", "ServerNotReady", "CrashLooping", "NoReports"], 10)
            .then("CrashLooping", 60)
            .also(&["SignalingFailed", "WaitingForClients"]),
        // The first time it is back at once, with numbers that begin anew; the second time the kubelet waits.
        met: Answer::turns(ANEW, 10).then("NoMedia", 20).also(THIN),
        named: &["{server}"],
        // The kubelet starts it again after 10, 20, 40 s.
        heals: Some(Heals { ready: 90, met: 120, since: Since::End }),
        ..Expected::ANY
    };
    let fault = Fault::Kill(Part::Server, 4, 10);
    Case::new("server killed every 10 s", fault, When::Running, steady(), expected)
}

/// Clients whose pods end, and are replaced although nobody does anything.
fn taken(name: &'static str, fault: Fault) -> Case {
    let expected = Expected {
        ready: Answer::turns(&["ClientsLost", "WaitingForClients"], 10).also(&["CrashLooping"]),
        named: &["client"],
        heals: Some(Heals { ready: 30, met: 60, since: Since::Beginning }),
        ..Expected::ANY
    };
    Case::new(name, fault, When::Running, steady(), expected)
}

fn stand_still() -> Case {
    let expected = Expected {
        ready: Answer::turns(&["ClientsLost"], 15).also(&["WaitingForClients"]),
        met: Answer::turns(NO_VIDEO, 10).also(THIN),
        named: &["{client}", "{client-node}"],
        heals: Some(Heals { ready: 45, met: 75, since: Since::End }),
        ..Expected::ANY
    };
    Case::new("all clients stand still", Fault::Stop(Part::Client), When::Running, steady(), expected)
        .lasting(15)
}

fn evicted() -> Case {
    let expected = Expected { heals: Some(Heals { ready: 30, met: 60, since: Since::End }), ..Expected::ANY };
    let spec = steady_with(json!({"clients": 1}));
    Case::new("seven evictions in a row", Fault::EvictClients(7), When::Running, spec, expected)
}

fn orphaned_client() -> Case {
    let expected = Expected { heals: Some(Heals { ready: 60, met: 90, since: Since::End }), ..Expected::ANY };
    Case::new("client's pod without its owner", Fault::OrphanClient, When::Running, steady(), expected)
}

fn orphaned_session() -> Case {
    let expected = Expected { check: Some(Check::NoClientPods), ..Expected::ANY };
    Case::new("session deleted, its children left", Fault::OrphanSession, When::Running, steady(), expected)
}
