//! How far a client has come, and where it is stuck: DNS, TCP, offer, ICE, DTLS, first frame, first report.

#[cfg(test)]
pub(super) mod tests;
mod words;

use std::net::SocketAddr;

use report::{ClientRow, ErrorCode, ErrorEntry, State};

use super::pods::PodFacts;
use super::reason::{Reason, Verdict};
use crate::report_source::View;
use crate::session::Session;
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
