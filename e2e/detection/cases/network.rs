//! Networks that carry less than they should.

use serde_json::json;

use crate::case::{Case, Subject, When};
use crate::cases::reasons::{COMING, NO_VIDEO, THIN};
use crate::cases::spec::{server_on, steady, steady_with};
use crate::expected::{Answer, Expected, Heals, Since};
use crate::fault::{Direction, Fault, Place};

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    vec![
        cut("UDP cut both ways", Direction::Both, &["{client}", "{client-node}", "no UDP"]),
        cut(
            "UDP cut from server to clients",
            Direction::ToClients,
            &["{client-node}", "no UDP from the server"],
        ),
        cut(
            "UDP cut from clients to server",
            Direction::ToServer,
            &["{client-node}", "no UDP from {client}"],
        ),
        cut_between_nodes(),
        narrow_between_nodes(),
        without_dns(),
        without_cni(),
    ]
}

/// Media breaks off, and no attempt to connect again gets further than ICE.
fn cut_off(named: &'static [&'static str]) -> Expected {
    Expected {
        ready: Answer::turns(&["ClientsLost", "MediaBlocked"], 15).then("MediaBlocked", 60),
        met: Answer::turns(NO_VIDEO, 10).also(THIN),
        named,
        heals: Some(Heals { ready: 45, met: 75, since: Since::End }),
        ..Expected::ANY
    }
}

fn cut(name: &'static str, direction: Direction, named: &'static [&'static str]) -> Case {
    Case::new(name, Fault::CutUdp(direction), When::Running, steady(), cut_off(named))
}

fn cut_between_nodes() -> Case {
    // A client on each node.
    let selected =
        json!({"app.kubernetes.io/instance": "{session}", "app.kubernetes.io/component": "client"});
    let spread = json!({
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": selected}
    });
    let spec = ballsession_e2e::with(
        server_on("{home}"),
        json!({"placement": "Any", "client": {"topologySpreadConstraints": [spread]}}),
    );
    let expected =
        Expected { unnamed: &["{near-client}"], ..cut_off(&["{far-client}", "{away}", "1 of 2 clients"]) };
    Case::new("UDP cut between two nodes only", Fault::CutUdpBetweenNodes, When::Running, spec, expected)
        .alone()
}

/// The handshake, reports and most frames have small packets, and the keyframe that a client begins with has not.
fn narrow_between_nodes() -> Case {
    let spec = ballsession_e2e::with(
        server_on("{home}"),
        json!({
            "placement": "CrossNode", "clients": 1,
            "video": {"width": 640, "height": 480, "bitrateKbps": 2000, "packetBytes": 1188},
            "client": {"nodeSelector": {"kubernetes.io/hostname": "{away}"}}
        }),
    );
    let expected = Expected {
        ready: Answer::turns(&["MediaBlocked"], 60).also(COMING),
        named: &["{away}", "datagrams above 900 bytes vanish"],
        heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
        ..Expected::ANY
    };
    let fault = Fault::DropLargeUdpBetweenNodes(900);
    Case::new("MTU of 900 between two nodes", fault, When::Before, spec, expected).alone()
}

fn without_dns() -> Case {
    let unresolved = Expected {
        ready: Answer::turns(&["SignalingFailed"], 45).also(COMING),
        named: &["{client}", "cannot resolve"],
        heals: Some(Heals { ready: 60, met: 90, since: Since::End }),
        ..Expected::ANY
    };
    Case::new("no DNS", Fault::StopDns, When::Running, steady(), Expected::UNDISTURBED)
        .of("a session that runs")
        .and(Subject { label: "a new session", spec: steady(), when: When::Before, expected: unresolved })
        .alone()
        .lasting(60)
}

fn without_cni() -> Case {
    let spec = steady_with(json!({
        "server": {"nodeSelector": {"kubernetes.io/hostname": "{home}"}},
        "client": {"nodeSelector": {"kubernetes.io/hostname": "{away}"}}
    }));
    let expected = Expected {
        ready: Answer::turns(&["PodStuck"], 60).also(COMING),
        named: &["{away}", "sandbox"],
        heals: Some(Heals { ready: 90, met: 120, since: Since::End }),
        ..Expected::ANY
    };
    let fault = Fault::HideCni(Place::Away);
    Case::new("CNI broken on a node", fault, When::Before, spec, expected).alone()
}
