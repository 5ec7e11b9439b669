//! How far a client has come, and where it is stuck: DNS, TCP, offer, ICE, DTLS, first frame, first report.

mod words;

use std::net::SocketAddr;

use report::{ClientRow, ErrorCode, ErrorEntry, State};

use super::pods::PodFacts;
use super::reason::{Reason, Verdict};
use crate::controller::report_source::View;
use crate::controller::validate::Session;
use words::{Detail, words};

/// What a client does one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Dns,
    Tcp,
    Offer,
    Ice,
    Dtls,
    FirstFrame,
    FirstReport,
}

/// A client that is stuck.
struct Stuck<'a> {
    stage: Stage,
    pod: &'a PodFacts,
    row: Option<&'a ClientRow>,
    /// What it says about that itself.
    said: Option<&'a ErrorEntry>,
}

/// The first stage at which a client that is not ready is stuck, in words: how far it came, who is affected, and what
/// to check. `None` where all of them may still be on their way.
pub(super) fn first_broken(
    session: &Session,
    server: Option<&PodFacts>,
    clients: &[PodFacts],
    view: &View,
) -> Option<Verdict> {
    let stuck: Vec<_> = clients
        .iter()
        .filter(|pod| pod.ready_since.is_none() && !pod.succeeded)
        .filter_map(|pod| stuck(session, pod, view))
        .collect();
    let first = stuck.iter().min_by_key(|stuck| stuck.stage)?;
    let affected = stuck.iter().filter(|other| other.stage == first.stage).count();
    let wanted = session.spec.clients;
    let message = |detail| {
        format!("{}; {affected} of {wanted} clients affected", words(session, server, first, detail))
    };
    let message = Some(message(Detail::Full))
        .filter(|message| message.len() <= crds::MAX_MESSAGE)
        .unwrap_or_else(|| message(Detail::Brief));
    let reason = match first.stage {
        Stage::Dns | Stage::Tcp | Stage::Offer => Reason::SignalingFailed,
        Stage::Ice | Stage::Dtls => Reason::MediaBlocked,
        Stage::FirstFrame | Stage::FirstReport => Reason::WaitingForClients,
    };
    Some(reason.because(message))
}

fn stuck<'a>(session: &Session, pod: &'a PodFacts, view: &'a View) -> Option<Stuck<'a>> {
    let client = view.clients.get(&pod.name);
    let id = pod.index.map(|index| format!("{}-{index}", session.client_name()));
    let server = view.server.as_ref();
    let row = server.and_then(|server| row_of(&server.rows, id.as_deref(), pod));
    let without_media = server.is_some_and(|server| server.clients_without_media > 0);

    // What the client says last is nearer to the truth than what the server last saw of it.
    if let Some(client) = client.filter(|client| client.state != State::Connected) {
        let said = client.errors.iter().filter(|error| stage_of(error.code).is_some());
        if let Some(said) = said.max_by_key(|error| error.last_seen) {
            return Some(Stuck { stage: stage_of(said.code)?, pod, row, said: Some(said) });
        }
    }
    // Below 10 s a client may just be about to connect.
    let row_of_stuck = row.filter(|row| without_media && row.state != State::Ended)?;
    let setup = &row_of_stuck.setup_milliseconds;
    let timeline = [
        (Stage::Offer, setup.signaling),
        (Stage::Ice, setup.ice),
        (Stage::Dtls, setup.dtls),
        (Stage::FirstFrame, setup.first_frame),
        (Stage::FirstReport, setup.first_report),
    ];
    let (stage, _) = timeline.into_iter().find(|(_, reached)| reached.is_none())?;
    Some(Stuck { stage, pod, row, said: None })
}

/// The row of a client. One that never had a data channel could not say its name: its row has its address, and the newest
/// comes first.
fn row_of<'a>(rows: &'a [ClientRow], id: Option<&str>, pod: &PodFacts) -> Option<&'a ClientRow> {
    let address = |row: &ClientRow| row.id.parse().map(|address: SocketAddr| address.ip().to_string()).ok();
    let is_from = |row: &&ClientRow| pod.ip.is_some() && address(row) == pod.ip;
    rows.iter().find(|row| Some(row.id.as_str()) == id).or_else(|| rows.iter().find(is_from))
}

/// The stage that an error keeps a client from completing.
fn stage_of(code: ErrorCode) -> Option<Stage> {
    match code {
        ErrorCode::ResolveFailed => Some(Stage::Dns),
        ErrorCode::ConnectFailed => Some(Stage::Tcp),
        ErrorCode::SignalingFailed | ErrorCode::NoOffer | ErrorCode::NoVideo => Some(Stage::Offer),
        ErrorCode::IceFailed => Some(Stage::Ice),
        ErrorCode::DtlsFailed => Some(Stage::Dtls),
        ErrorCode::DecodeFailed
        | ErrorCode::PeerLost
        | ErrorCode::QueueOverrun
        | ErrorCode::MalformedReport
        | ErrorCode::Other => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Instant;

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;
    use crate::controller::report_source::{ClientView, ServerView};
    use crate::controller::status::pods::Pods;
    use crate::controller::status::pods::tests::{pod, ready};

    pub(in super::super) fn client_says(state: State, errors: &[(ErrorCode, i64, &str)]) -> ClientView {
        let errors = errors
            .iter()
            .map(|(code, second, message)| ErrorEntry {
                code: *code,
                count: 1,
                message: (*message).into(),
                last_seen: Timestamp::from_second(*second).unwrap(),
            })
            .collect();
        ClientView { received: Instant::now(), state, errors }
    }

    /// What the server says of client 1 that came as far as `setup` says.
    pub(in super::super) fn server_says(setup: &Value) -> ServerView {
        let row = json!({
            "id": "harbor-client-1", "node": "b", "state": "Connecting", "pairing": "rtp", "reconnects": 0,
            "setupMilliseconds": setup, "frames": {}, "lossPercent": null, "errorPixels": null,
            "latencyMilliseconds": null, "freezes": null
        });
        ServerView {
            received: Instant::now(),
            connected_clients: 2,
            clients_without_media: 1,
            rows: vec![serde_json::from_value(row).unwrap()],
            errors: Vec::new(),
        }
    }

    fn broken(view: &View) -> Option<Verdict> {
        let session = fixture::session(&json!({"clients": 2}));
        let up = ready("2026-01-01T00:00:00Z");
        let pods = [pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &json!({}))];
        let pods = Pods::of(&pods, Some(&crate::controller::status::pods::tests::job()));
        first_broken(&session, pods.server.as_ref(), &pods.clients, view)
    }

    fn said(state: State, errors: &[(ErrorCode, i64, &str)]) -> View {
        View { server: None, clients: [("harbor-client-1-y".into(), client_says(state, errors))].into() }
    }

    #[test]
    fn each_stage_names_who_is_affected_and_what_to_check() {
        for (code, reason, message) in [
            (
                ErrorCode::ResolveFailed,
                Reason::SignalingFailed,
                "harbor-client-1 (node b) cannot resolve harbor-server: check the cluster's DNS and NetworkPolicy for port 53; \
                 1 of 2 clients affected",
            ),
            (
                ErrorCode::ConnectFailed,
                Reason::SignalingFailed,
                "harbor-server resolved, no TCP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check \
                 NetworkPolicy and the Service; 1 of 2 clients affected",
            ),
            (
                ErrorCode::NoOffer,
                Reason::SignalingFailed,
                "TCP ok, no offer from the server (node a, 10.244.1.7) to harbor-client-1 (node b) (why): check the logs of both; \
                 1 of 2 clients affected",
            ),
            (
                ErrorCode::IceFailed,
                Reason::MediaBlocked,
                "signalling ok, no UDP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check NetworkPolicy and \
                 CNI; 1 of 2 clients affected",
            ),
            (
                ErrorCode::DtlsFailed,
                Reason::MediaBlocked,
                "UDP ok, no DTLS handshake between harbor-client-1 (node b) and the server (node a, 10.244.1.7): check the MTU \
                 and what filters UDP on the way; 1 of 2 clients affected",
            ),
        ] {
            assert_eq!(broken(&said(State::Connecting, &[(code, 1, "why")])), Some(reason.because(message)));
        }
    }

    #[test]
    fn the_last_error_counts_and_only_while_not_connected() {
        let healed = [(ErrorCode::ResolveFailed, 1, ""), (ErrorCode::IceFailed, 2, "")];
        assert_eq!(broken(&said(State::Lost, &healed)).unwrap().reason, Reason::MediaBlocked);
        assert_eq!(broken(&said(State::Connected, &healed)), None);
        assert_eq!(broken(&said(State::Connecting, &[(ErrorCode::DecodeFailed, 3, "")])), None);
        assert_eq!(broken(&View::default()), None);
    }

    #[test]
    fn without_a_word_of_the_client_the_server_tells() {
        let seen = |setup: &Value| broken(&View { server: Some(server_says(setup)), ..View::default() });
        assert_eq!(seen(&json!({})).unwrap().reason, Reason::SignalingFailed);
        assert_eq!(
            seen(&json!({"signaling": 3.2})),
            Some(Reason::MediaBlocked.because(
                "signalling ok in 3 ms, no UDP from harbor-client-1 (node b) to the server (node a, 10.244.1.7): check \
                 NetworkPolicy and CNI; 1 of 2 clients affected"
            ))
        );
        assert_eq!(seen(&json!({"signaling": 3, "ice": 9})).unwrap().reason, Reason::MediaBlocked);
        let connected = seen(&json!({"signaling": 3, "ice": 9, "dtls": 12})).unwrap();
        assert_eq!(connected.reason, Reason::WaitingForClients);
        assert!(connected.message.starts_with("connected, no video from"), "{}", connected.message);
        let frames = seen(&json!({"signaling": 3, "ice": 9, "dtls": 12, "firstFrame": 15})).unwrap();
        assert!(frames.message.contains("no report came back"), "{}", frames.message);
        assert_eq!(
            seen(&json!({"signaling": 3, "ice": 9, "dtls": 12, "firstFrame": 15, "firstReport": 18})),
            None
        );

        let mut early = server_says(&json!({"signaling": 3}));
        early.clients_without_media = 0;
        assert_eq!(broken(&View { server: Some(early), ..View::default() }), None);
    }

    #[test]
    fn a_client_that_could_not_say_its_name_is_known_by_its_address() {
        let session = fixture::session(&json!({"clients": 2}));
        let pods = [pod("client", 1, &json!({"podIP": "10.244.2.10"}))];
        let pods = Pods::of(&pods, Some(&crate::controller::status::pods::tests::job()));
        let mut server = server_says(&json!({"signaling": 3.2}));
        let said =
            |server| View { server: Some(server), ..said(State::Failed, &[(ErrorCode::IceFailed, 1, "")]) };
        for (id, signalling) in
            [("10.244.2.10:57076", "signalling ok in 3 ms,"), ("10.244.2.1:57076", "signalling ok,")]
        {
            server.rows[0].id = id.into();
            let message = first_broken(&session, None, &pods.clients, &said(server.clone())).unwrap().message;
            assert!(message.starts_with(signalling), "{message}");
        }
    }

    #[test]
    fn the_first_of_several_stages_is_named() {
        let session = fixture::session(&json!({"clients": 3}));
        let pods: Vec<_> = (0..3).map(|index| pod("client", index, &json!({}))).collect();
        let pods = Pods::of(&pods, Some(&crate::controller::status::pods::tests::job()));
        let view = View {
            server: None,
            clients: [(0, ErrorCode::DtlsFailed), (1, ErrorCode::IceFailed), (2, ErrorCode::IceFailed)]
                .map(|(index, code)| {
                    (format!("harbor-client-{index}-y"), client_says(State::Connecting, &[(code, 1, "")]))
                })
                .into(),
        };
        let message = first_broken(&session, None, &pods.clients, &view).unwrap().message;
        assert!(
            message.starts_with("signalling ok, no UDP from harbor-client-1 (node b) to the server: "),
            "{message}"
        );
        assert!(message.ends_with("2 of 3 clients affected"), "{message}");
    }

    #[test]
    fn the_longest_names_fit_with_what_to_check() {
        let mut session = fixture::session(&json!({"clients": 100}));
        session.name = "n".repeat(40);
        let node = Some("node.".repeat(50));
        let facts = |index| PodFacts {
            name: "p".repeat(60),
            index,
            node: node.clone(),
            ip: Some("2001:db8:1111:2222:3333:4444:5555:6666".into()),
            ready_since: None,
            succeeded: false,
            trouble: None,
        };
        let client = facts(Some(99));
        for code in [ErrorCode::ResolveFailed, ErrorCode::ConnectFailed, ErrorCode::IceFailed] {
            let view = View {
                server: None,
                clients: [(client.name.clone(), client_says(State::Failed, &[(code, 1, &"m".repeat(256))]))]
                    .into(),
            };
            let verdict =
                first_broken(&session, Some(&facts(None)), std::slice::from_ref(&client), &view).unwrap();
            assert!(
                verdict.message.len() <= crds::MAX_MESSAGE,
                "{} {}",
                verdict.message.len(),
                verdict.message
            );
        }
    }
}
