//! The rows of a server's report as they stand in a status.

use crds::{ClientCpu, ClientNetwork, ClientStatus, Frames, PathMtu, SetupTimeline as Timeline};
use report::judged::JudgedNumbers;
use report::{Cause, ClientRow, IceCandidate, SetupTimeline};

use crate::reports::status::text::{decimal, whole};

/// Bytes of a client's name or a zone's, and of a node's.
const MAX_ID: usize = 128;
const MAX_NODE: usize = 253;

/// A row with the numbers that its client is judged by, or its totals.
pub(super) fn client(row: &ClientRow, numbers: &JudgedNumbers, cause: Cause) -> ClientStatus {
    let cause = Some(cause).filter(|cause| *cause != Cause::Unknown);
    ClientStatus {
        id: report::escape(&row.id, MAX_ID),
        node: row.node.as_deref().map(|node| report::escape(node, MAX_NODE)),
        state: Some(row.state.as_str().to_owned()),
        reconnects: row.reconnects.into(),
        frames: Some(frames(&row.frames)),
        loss_percent: numbers.loss_percent.and_then(decimal),
        undetected_percent: numbers.undetected_percent.and_then(decimal),
        delivered_percent: numbers.delivered_percent.and_then(decimal),
        error_pixels_p95: numbers.error_p95_pixels.and_then(decimal),
        latency_milliseconds_p95: numbers.latency_p95_milliseconds.and_then(decimal),
        longest_freeze_milliseconds: numbers.longest_freeze_milliseconds.and_then(decimal),
        setup_milliseconds: row.setup_milliseconds.first_report.and_then(decimal),
        setup: timeline(&row.setup_milliseconds),
        cause: cause.map(|cause| cause.as_str().to_owned()),
        network: network(row),
        cpu: row.cpu.as_ref().map(cpu),
        path_mtu: row.path_mtu.map(path_mtu),
        path: path(row),
        recovery_milliseconds: row.recovery_milliseconds.and_then(decimal),
        lost_frames: row.lost_frames.map(whole),
        former_end: row.former_end.map(|end| end.as_str().to_owned()),
        zone: row.zone.as_deref().map(|zone| report::escape(zone, MAX_ID)),
    }
}

/// The way that media takes to the client, as it says it, or as the server sees it.
fn path(row: &ClientRow) -> Option<String> {
    let pair = row.path.or_else(|| Some(row.server_path?.reversed()))?;
    let end = |end: IceCandidate| format!("{} {}", end.candidate_type.as_str(), end.socket_address());
    Some(format!("{} to {}", end(pair.local), end(pair.remote)))
}

/// The server's own counts; where it has none, what the client says.
fn network(row: &ClientRow) -> Option<ClientNetwork> {
    let (sent, received) = (row.network.as_ref(), row.received.as_ref());
    let lost_by_client = received.map(|received| received.packets_lost);
    let repaired_by_client = received.map(|received| whole(received.packets_repaired));
    let network = ClientNetwork {
        packets_sent: sent.map(|sent| whole(sent.packets_sent)),
        packets_lost: sent.map(|sent| whole(sent.packets_lost)).or(lost_by_client),
        packets_repaired: sent.map(|sent| whole(sent.packets_repaired)).or(repaired_by_client),
        packets_given_up: sent.map(|sent| whole(sent.packets_given_up)),
        round_trip_time_milliseconds: sent
            .and_then(|sent| sent.round_trip_time_milliseconds)
            .and_then(decimal),
        jitter_milliseconds: sent
            .and_then(|sent| sent.jitter_milliseconds)
            .or(received.map(|received| received.jitter_milliseconds))
            .and_then(decimal),
    };
    (network != ClientNetwork::default()).then_some(network)
}

fn cpu(cpu: &report::RowCpu) -> ClientCpu {
    // Beyond all numbers a cast ends at the greatest or the least.
    let milliseconds = |time: Option<f64>| time.map(|time| time.round() as i64);
    ClientCpu {
        throttled_milliseconds: milliseconds(cpu.throttled_milliseconds),
        pressure_milliseconds: milliseconds(cpu.pressure_milliseconds),
        worst_lateness_milliseconds: cpu.worst_lateness_milliseconds.and_then(decimal),
    }
}

fn path_mtu(path_mtu: report::PathMtu) -> PathMtu {
    PathMtu {
        to_client: path_mtu.to_client.map(i64::from),
        to_server: path_mtu.to_server.map(i64::from),
        largest_packet: path_mtu.largest_packet.map(i64::from),
    }
}

fn timeline(setup: &SetupTimeline) -> Option<Timeline> {
    let timeline = Timeline {
        signaling: setup.signaling.and_then(decimal),
        ice: setup.ice.and_then(decimal),
        dtls: setup.dtls.and_then(decimal),
        first_frame: setup.first_frame.and_then(decimal),
        first_report: setup.first_report.and_then(decimal),
    };
    (timeline != Timeline::default()).then_some(timeline)
}

/// Frames by what became of them.
pub(super) fn frames(frames: &report::Frames) -> Frames {
    Frames {
        sent: whole(frames.sent),
        pending: whole(frames.pending),
        matched: whole(frames.matched),
        estimated: whole(frames.estimated),
        lost: whole(frames.lost),
        late: whole(frames.late),
        undecodable: whole(frames.undecodable),
        undetected: whole(frames.undetected),
    }
}

#[cfg(test)]
mod tests {
    use crds::MAX_CLIENTS;
    use report::post::ServerPost;
    use serde_json::json;

    use super::*;
    use crate::reports::status::judged::judged_clients;
    use crate::reports::status::numbers::numbers;
    use crate::reports::status::span::Span;
    use crate::reports::testing::{judged_post, row, server_post};

    const RUN: Span = Span::Run { seconds: Some(300.0), clients: 2, is_drilled: false };

    fn shown(post: &ServerPost, span: Span) -> Vec<ClientStatus> {
        numbers(post, &judged_clients(post), span, None).2
    }

    #[test]
    fn rows_of_a_running_session_are_what_is_judged() {
        let post = judged_post(1);
        let rows = shown(&post, Span::Recent);
        assert_eq!(
            serde_json::to_value(&rows[1]).unwrap(),
            json!({
                "id": "harbor-client-1", "node": "worker-2", "state": "Connected", "reconnects": 0,
                "frames": {"sent": 9000, "pending": 0, "matched": 9000, "estimated": 0, "lost": 0, "late": 0,
                           "undecodable": 0, "undetected": 0},
                "lossPercent": "0.167", "undetectedPercent": "0", "deliveredPercent": "99.7",
                "errorPixelsP95": "0.012", "latencyMillisecondsP95": "7.5", "longestFreezeMilliseconds": "166",
                "setupMilliseconds": "60", "setup": {"firstReport": "60"}, "cause": "Network"
            })
        );
        let rows = shown(&post, RUN);
        assert_eq!(rows[1].error_pixels_p95.as_deref(), Some("0.02"), "the totals");
    }

    #[test]
    fn rows_have_packets_processor_time_and_path_mtu_where_they_are_known() {
        let mut post = judged_post(1);
        let row = &mut post.summary.clients[0];
        row.network = Some(report::Network {
            packets_sent: 9000,
            packets_lost: 30,
            packets_repaired: 29,
            packets_given_up: 1,
            round_trip_time_milliseconds: Some(0.412_3),
            jitter_milliseconds: None,
            ..report::Network::default()
        });
        row.path_mtu = Some(report::PathMtu { to_client: Some(1450), ..report::PathMtu::default() });
        let (throttled_milliseconds, worst_lateness_milliseconds) = (Some(120.4), Some(3.2157));
        row.cpu = Some(report::RowCpu {
            throttled_milliseconds,
            worst_lateness_milliseconds,
            ..Default::default()
        });
        let rows = shown(&post, Span::Recent);
        assert_eq!(
            serde_json::to_value((&rows[0].network, &rows[0].cpu, &rows[0].path_mtu)).unwrap(),
            json!([
                {"packetsSent": 9000, "packetsLost": 30, "packetsRepaired": 29, "packetsGivenUp": 1,
                 "roundTripTimeMilliseconds": "0.412"},
                {"throttledMilliseconds": 120, "worstLatenessMilliseconds": "3.22"},
                {"toClient": 1450}
            ])
        );
    }

    #[test]
    fn rows_have_the_way_as_the_client_says_it_or_else_as_the_server_sees_it() {
        let mut post = judged_post(1);
        let pair = |client: (&str, &str), server: (&str, &str)| {
            let end = |(kind, address): (&str, &str)| json!({"candidateType": kind, "address": address, "port": 8082, "protocol": "udp"});
            serde_json::from_value(json!({"local": end(client), "remote": end(server)})).unwrap()
        };
        post.summary.clients[0].path = pair(("relay", "192.0.2.7"), ("host", "10.244.1.7"));
        post.summary.clients[1].server_path = pair(("host", "2001:db8::1"), ("prflx", "2001:db8::2"));
        let rows = shown(&post, Span::Recent);
        assert_eq!(rows[0].path.as_deref(), Some("relay 192.0.2.7:8082 to host 10.244.1.7:8082"));
        assert_eq!(rows[1].path.as_deref(), Some("prflx [2001:db8::2]:8082 to host [2001:db8::1]:8082"));
        let long = "2001:db8:1111:2222:3333:4444:5555:6666";
        post.summary.clients[0].path = pair(("srflx", long), ("relay", long));
        assert!(shown(&post, Span::Recent)[0].path.as_ref().is_some_and(|path| path.len() <= crds::MAX_PATH));
    }

    #[test]
    fn rows_are_bounded_and_their_texts_harmless() {
        let mut post = server_post(1);
        post.summary.clients = (0..20).map(|number| row(&format!("client-{number}"))).collect();
        post.summary.clients[0].id = "\u{1b}[2J".repeat(100);
        post.summary.clients[0].frames.sent = u64::MAX;
        let rows = shown(&post, Span::Recent);
        assert_eq!(rows.len(), MAX_CLIENTS);
        assert!(rows[0].id.starts_with("\\u{1b}[2J") && rows[0].id.len() <= MAX_ID);
        assert_eq!(rows[0].frames.unwrap().sent, i64::MAX);
        assert_eq!((rows[1].id.as_str(), rows[1].state.as_deref()), ("client-1", Some("Connected")));
    }
}
