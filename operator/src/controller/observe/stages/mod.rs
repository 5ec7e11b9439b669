//! How far a client has come, and where it is stuck: DNS, TCP, offer, ICE, DTLS, first frame, whole frames, first report.

mod direction;
mod message;
mod stuck;
#[cfg(test)]
pub(super) mod tests;

use std::net::SocketAddr;

use jiff::Timestamp;
use report::unreachable::AWAITS_ADDRESS;
use report::{ClientRow, ErrorCode, ErrorEntry, State};

use crate::controller::observe::pods::ObservedPod;
use crate::controller::observe::reason::{Explanation, Reason};
use crate::controller::observe::stages::direction::Blocked;
use crate::controller::observe::stages::message::{Detail, message};
use crate::controller::observe::stages::stuck::{SetupStage, StuckClient};
use crate::controller::reached::Reached;
use crate::report_source::{ClientView, View};
use crate::session::Session;

/// The first stage at which a client that is not ready is stuck, in words: how far it came, who is affected, and what
/// to check, with less detail where that does not fit into `room`. `None` where all of them may still be on their way. Errors of
/// until `since`, when there was no server that was ready, are none.
pub(super) fn first_broken(
    session: &Session,
    reached: &Reached,
    server: Option<&ObservedPod>,
    clients: &[ObservedPod],
    view: &View,
    since: Option<Timestamp>,
    room: usize,
) -> Option<Explanation> {
    let stuck: Vec<_> = clients
        .iter()
        .filter(|pod| pod.ready_since.is_none() && !pod.succeeded)
        .filter_map(|pod| stuck(session, pod, view, since))
        .collect();
    let first = stuck.iter().min_by_key(|stuck| stuck.stage)?;
    let affected = stuck.iter().filter(|other| other.stage == first.stage).count();
    let wanted = session.clients.count();
    let affecting = |detail| {
        format!(
            "{}; {affected} of {wanted} clients affected",
            message(session, reached, server, first, detail)
        )
    };
    let message = Some(affecting(Detail::Full))
        .filter(|message| message.len() <= room)
        .unwrap_or_else(|| affecting(Detail::Brief));
    Some(reason_at(first.stage).with_message(message))
}

/// What a session is not ready for whose client is stuck there.
fn reason_at(stage: SetupStage) -> Reason {
    match stage {
        SetupStage::Dns | SetupStage::Tcp | SetupStage::Offer => Reason::SignalingFailed,
        SetupStage::Ice | SetupStage::Dtls | SetupStage::WholeFrame => Reason::MediaBlocked,
        SetupStage::Address | SetupStage::FirstFrame | SetupStage::FirstReport => Reason::WaitingForClients,
    }
}

/// The same of a client that an error keeps from completing a stage.
pub(super) fn reason_of(code: ErrorCode) -> Option<Reason> {
    stage_of(code).map(reason_at)
}

fn stuck<'a>(
    session: &Session,
    pod: &'a ObservedPod,
    view: &'a View,
    since: Option<Timestamp>,
) -> Option<StuckClient<'a>> {
    let client = view.clients.get(&pod.name);
    let id = pod.index.map(|index| format!("{}-{index}", session.client_name()));
    let server = view.server.as_ref();
    let row = server.and_then(|server| row_of(&server.rows, id.as_deref(), pod));
    let only_answers = session.spec.path.has_service();
    let without_media = server.is_some_and(|server| server.clients_without_media > 0);

    // What the client reported last is nearer to the truth than what the server last saw of it.
    if let Some(client) = client.filter(|client| client.state != State::Connected) {
        let is_later = |error: &&ErrorEntry| since.is_none_or(|since| error.last_seen > since);
        let errors = client.errors.iter().filter(|error| stage_of(error.code).is_some()).filter(is_later);
        if let Some(error) = errors.max_by_key(|error| error.last_seen) {
            let blocked = Blocked::of(Some(error), server, &pod.ips, only_answers);
            // Its server is about to be told: at once, where somebody knows.
            let awaits_address = error.message.contains(AWAITS_ADDRESS).then_some(SetupStage::Address);
            let stage = awaits_address.or_else(|| stage_of(error.code))?;
            return Some(StuckClient { stage, pod, row, error: Some(error), blocked });
        }
    }
    if let Some(error) = client.and_then(incomplete) {
        let (stage, blocked) = (SetupStage::WholeFrame, Blocked::Unknown);
        return Some(StuckClient { stage, pod, row, error: Some(error), blocked });
    }
    // Below 10 s a client may just be about to connect.
    let row_of_stuck = row.filter(|row| without_media && row.state != State::Ended)?;
    let setup = &row_of_stuck.setup_milliseconds;
    let timeline = [
        (SetupStage::Offer, setup.signaling),
        (SetupStage::Ice, setup.ice),
        (SetupStage::Dtls, setup.dtls),
        (SetupStage::FirstFrame, setup.first_frame),
        (SetupStage::FirstReport, setup.first_report),
    ];
    let (stage, _) = timeline.into_iter().find(|(_, reached)| reached.is_none())?;
    let blocked = Blocked::of(None, server, &pod.ips, only_answers);
    Some(StuckClient { stage, pod, row, error: None, blocked })
}

/// What a client says that is connected and gets packets of which no frame becomes, where nothing went wrong since.
fn incomplete(client: &ClientView) -> Option<&ErrorEntry> {
    let is_waiting = client.state == State::Connected && client.is_without_media;
    let last = client.errors.iter().max_by_key(|error| error.last_seen).filter(|_| is_waiting)?;
    (last.code == ErrorCode::FramesIncomplete).then_some(last)
}

/// The row of a client. One that never had a data channel could not say its name: its row has its address, and the newest
/// comes first.
fn row_of<'a>(rows: &'a [ClientRow], id: Option<&str>, pod: &ObservedPod) -> Option<&'a ClientRow> {
    let is_from =
        |row: &&ClientRow| row.id.parse().is_ok_and(|address: SocketAddr| pod.ips.contains(&address.ip()));
    rows.iter().find(|row| Some(row.id.as_str()) == id).or_else(|| rows.iter().find(is_from))
}

/// The stage that an error keeps a client from completing.
fn stage_of(code: ErrorCode) -> Option<SetupStage> {
    match code {
        ErrorCode::ResolveFailed => Some(SetupStage::Dns),
        ErrorCode::ConnectFailed => Some(SetupStage::Tcp),
        ErrorCode::SignalingFailed | ErrorCode::NoOffer | ErrorCode::NoVideo => Some(SetupStage::Offer),
        ErrorCode::IceFailed => Some(SetupStage::Ice),
        ErrorCode::DtlsFailed => Some(SetupStage::Dtls),
        ErrorCode::FramesIncomplete => Some(SetupStage::WholeFrame),
        ErrorCode::NoChannel
        | ErrorCode::DecodeFailed
        | ErrorCode::PeerLost
        | ErrorCode::QueueOverrun
        | ErrorCode::MalformedReport
        | ErrorCode::Other => None,
    }
}
