//! Nodes that are gone, for a while or with their memory.

use crate::case::{Case, Subject, When};
use crate::cases::reasons::{COMING, NO_VIDEO, THIN};
use crate::cases::spec::server_on;
use crate::expected::{Answer, Expected, Heals, Since};
use crate::fault::{Fault, Place};

/// The cluster itself notices a lost node after 50 s at most.
const NOTICED: u64 = 75;

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    let away = &[Place::Away];
    vec![
        lost("node frozen", Fault::FreezeNodes(away)),
        lost("node without power", Fault::StopNodes(away)),
        rebooted(),
        both_lost(),
    ]
}

/// A node that is gone until somebody brings it back.
fn lost(name: &'static str, fault: Fault) -> Case {
    let of_clients = Expected {
        ready: Answer::turns(&["ClientsLost", "NodeLost"], 15).then("NodeLost", NOTICED).also(COMING),
        met: Answer::turns(NO_VIDEO, 10).also(THIN),
        named: &["{client}", "{away}"],
        heals: Some(Heals { ready: 45, met: 75, since: Since::NodeLost }),
        ..Expected::ANY
    };
    Case::new(name, fault, When::Running, server_on("{home}"), of_clients)
        .of("of the clients")
        .and(Subject {
            label: "of the server",
            spec: server_on("{away}"),
            when: When::Running,
            expected: Expected {
                ready: Answer::turns(&["ClientsLost", "NoReports", "SignalingFailed", "NodeLost"], 15)
                    .then("NodeLost", NOTICED)
                    // Its successor may run there only.
                    .also(&["ServerNotReady", "WaitingForClients", "Unschedulable"]),
                met: Answer::turns(NO_VIDEO, 10).also(&["NoReports"]),
                named: &["{away}"],
                heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
                ..Expected::ANY
            },
        })
        .alone()
}

/// A node that is back before the cluster has noticed.
fn rebooted() -> Case {
    let of_clients = Expected {
        ready: Answer::turns(&["ClientsLost", "NodeLost"], 15).also(COMING),
        met: Answer::turns(NO_VIDEO, 10).also(THIN),
        named: &["{client}", "{away}"],
        heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
        ..Expected::ANY
    };
    let of_server = Expected {
        ready: Answer::turns(
            &["ClientsLost", "NoReports", "SignalingFailed", "NodeLost", "ServerNotReady"],
            15,
        )
        .also(COMING),
        met: Answer::turns(NO_VIDEO, 10).also(&["NoReports", "Starting", "InsufficientSamples"]),
        named: &["{away}"],
        ..of_clients
    };
    let fault = Fault::RebootNodes(&[Place::Away]);
    let server = server_on("{away}");
    Case::new("node rebooted", fault, When::Running, server_on("{home}"), of_clients)
        .of("of the clients")
        .and(Subject { label: "of the server", spec: server, when: When::Running, expected: of_server })
        .alone()
}

/// Nobody is left to report anything.
fn both_lost() -> Case {
    let expected = Expected {
        ready: Answer::turns(&["NoReports", "NodeLost"], 35).then("NodeLost", NOTICED).also(COMING),
        met: Answer::turns(&["NoReports"], 30),
        named: &["{home}", "{away}"],
        heals: Some(Heals { ready: 90, met: 120, since: Since::End }),
        ..Expected::ANY
    };
    let fault = Fault::StopNodes(&[Place::Home, Place::Away]);
    Case::new("two nodes without power", fault, When::Running, server_on("{home}"), expected).alone()
}
