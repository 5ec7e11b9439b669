//! One session: from an accepted signalling connection to bye.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use measure::Ended;
use media::MAX_LATE_CANDIDATES;
use media::fanout::{CloseReason, Fanout, FanoutError};
use report::{ErrorCode, SessionId, one_way};
use signaling::{Connection, ConnectionError, Message};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::advertised::Advertised;
use crate::peer_log::PeerLog;
use crate::recorder::Recorder;
use crate::sessions::{Interruption, Sessions};
use crate::unanswered::Unanswered;

/// How long an answer may take: an aiortc peer whose STUN server does not answer needs over 5 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// How long reports for frames already sent may still come in when a session ends in good order.
const LAST_REPORTS_LIMIT: Duration = Duration::from_millis(500);
/// How often it is checked whether all have come.
const LAST_REPORTS_STEP: Duration = Duration::from_millis(10);

/// What all sessions share.
pub(crate) struct Context {
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) unanswered: Arc<Unanswered>,
    pub(crate) peers: Arc<PeerLog>,
    pub(crate) ice_addresses: Vec<IpAddr>,
    pub(crate) advertised: Advertised,
    /// Ends all sessions in good order.
    pub(crate) stop: CancellationToken,
}

/// Why a session ends whose address is not the server's any more.
const MOVED: &str = "the server is reached at another address now: come again";

/// Why a connection did not become a session.
enum Refusal {
    /// It never meant to, or the server is ending: nothing to report.
    Silent,
    Failed {
        code: ErrorCode,
        message: String,
    },
}

/// Serves one connection to its end. The peer always gets a bye: without one, an aiortc peer spins on the end of file.
pub(crate) async fn serve(context: Arc<Context>, mut connection: Connection) {
    let (id, interruption) = context.sessions.open(connection.peer_addr());
    let negotiated = tokio::select! {
        negotiated = negotiate(&context, id, &mut connection) => negotiated,
        () = context.stop.cancelled() => Err(Refusal::Silent),
    };
    match negotiated {
        Ok(offered) => {
            let (how, reason) = stream(&context, id, &offered, &mut connection, interruption).await;
            tracing::info!(session = id.0, peer = %connection.peer_addr(), ?how, "session ended");
            conclude(&context, id, connection.peer_addr(), how).await;
            if let Some(reason) = reason {
                // To a peer that is gone there is nothing to be said.
                let _ = connection.send(&Message::Refused { reason: reason.to_owned() }).await;
            }
        }
        // It may have got its row before the server began to end.
        Err(Refusal::Silent) => context.recorder.disconnected(id, Ended::Bye, Instant::now()),
        Err(Refusal::Failed { code, message }) => {
            let (peer, now) = (connection.peer_addr().to_string(), Instant::now());
            context.peers.failed(&peer, &format!("{code}: {message}"), now);
            context.recorder.refused(code, &format!("{peer}: {message}"), now);
        }
    }
    context.fanout.close(id);
    context.sessions.close(id);
    connection.bye().await;
}

/// Exchanges offer and answer. The addresses that were offered, where they are not the server's own.
async fn negotiate(
    context: &Context,
    id: SessionId,
    connection: &mut Connection,
) -> Result<Vec<SocketAddr>, Refusal> {
    let accepted = Instant::now();
    let addresses = match context.advertised.media(connection.local_addr().ip(), &context.ice_addresses) {
        Ok(addresses) => addresses,
        Err(error) => {
            let reason = error.for_peers().to_owned();
            // Whoever is gone already was a health check.
            connection.send(&Message::Refused { reason }).await.map_err(|_| Refusal::Silent)?;
            return Err(failed(ErrorCode::NoOffer, error.to_string()));
        }
    };
    let offered = addresses.advertised.clone();
    let waiting = match context.unanswered.begin(connection.peer_addr().ip()) {
        Ok(waiting) => waiting,
        Err(error) => {
            let reason = error.to_string();
            connection.send(&Message::Refused { reason }).await.map_err(|_| Refusal::Silent)?;
            return Err(failed(ErrorCode::SignalingFailed, error.to_string()));
        }
    };
    let offer = context.fanout.offer(id, addresses).await.unwrap_or(Err(FanoutError::ShuttingDown));
    let sdp = offer.map_err(|error| failed(ErrorCode::Other, error.to_string()))?;
    // Whoever is gone already was a health check.
    connection.send(&Message::Offer { sdp }).await.map_err(|_| Refusal::Silent)?;

    let Answered { sdp: answer, candidates } = answer(connection).await?;
    drop(waiting);
    context.recorder.connected(id, connection.peer_addr(), accepted, Instant::now());
    let applied = context.fanout.answer(id, answer).await.unwrap_or(Err(FanoutError::ShuttingDown));
    applied.map_err(|error| {
        let code = match error {
            FanoutError::NoVideo | FanoutError::NoVp8(_) => ErrorCode::NoVideo,
            FanoutError::ShuttingDown => return Refusal::Silent,
            FanoutError::Panicked(_) => {
                tracing::error!(session = id.0, peer = %connection.peer_addr(), "{error}");
                ErrorCode::Other
            }
            _ => ErrorCode::SignalingFailed,
        };
        let (message, now) = (error.to_string(), Instant::now());
        context.peers.failed(&connection.peer_addr().to_string(), &format!("{code}: {message}"), now);
        context.recorder.disconnected(id, Ended::Failed { code, message }, now);
        Refusal::Silent
    })?;
    candidates.into_iter().for_each(|candidate| context.fanout.candidate(id, candidate));
    Ok(offered)
}

/// A peer's answer, and what came before it.
struct Answered {
    sdp: String,
    candidates: Vec<String>,
}

/// The peer's answer. Candidates may come before and after it (P14): where our packets have to open the path, for nothing
/// of the peer's gets here before, its address is known from them alone.
async fn answer(connection: &mut Connection) -> Result<Answered, Refusal> {
    let mut candidates = Vec::new();
    let deadline = tokio::time::Instant::now() + ANSWER_LIMIT;
    loop {
        match tokio::time::timeout_at(deadline, connection.receive()).await {
            Ok(Ok(Some(Message::Answer { sdp }))) => return Ok(Answered { sdp, candidates }),
            Ok(Ok(Some(Message::Candidate { candidate, .. }))) if candidates.len() < MAX_LATE_CANDIDATES => {
                candidates.push(candidate);
            }
            Ok(Ok(Some(Message::Candidate { .. }))) => {}
            // Health checks and scanners connect and close without a word.
            Ok(
                Ok(None | Some(Message::Bye | Message::Refused { .. })) | Err(ConnectionError::Broken { .. }),
            ) => {
                return Err(Refusal::Silent);
            }
            Ok(Ok(Some(Message::Offer { .. }))) => {
                return Err(failed(
                    ErrorCode::SignalingFailed,
                    "an offer came where an answer was due".into(),
                ));
            }
            Ok(Err(error)) => return Err(failed(ErrorCode::SignalingFailed, error.to_string())),
            Err(_) => {
                let waited = ANSWER_LIMIT.as_secs();
                return Err(failed(ErrorCode::SignalingFailed, format!("no answer within {waited} s")));
            }
        }
    }
}

fn failed(code: ErrorCode, message: String) -> Refusal {
    Refusal::Failed { code, message }
}

/// Waits for the session's end, and says why it is this side's, where the peer has to know.
async fn stream(
    context: &Context,
    id: SessionId,
    offered: &[SocketAddr],
    connection: &mut Connection,
    mut interruption: oneshot::Receiver<Interruption>,
) -> (Ended, Option<&'static str>) {
    let mut candidates = 0;
    let moved = context.advertised.moved(offered);
    tokio::pin!(moved);
    let ended = loop {
        tokio::select! {
            () = context.stop.cancelled() => break Ended::Bye,
            () = &mut moved => return (Ended::Bye, Some(MOVED)),
            why = &mut interruption => break why.map_or(Ended::Lost, ended_by),
            message = connection.receive() => match message {
                Ok(Some(Message::Bye | Message::Refused { .. })) => break Ended::Bye,
                Ok(Some(Message::Candidate { candidate, .. })) if candidates < MAX_LATE_CANDIDATES => {
                    candidates += 1;
                    context.fanout.candidate(id, candidate);
                }
                // More of them, or an answer once more.
                Ok(Some(_)) => {}
                // A killed client: ICE alone would take many seconds to notice.
                Ok(None) | Err(ConnectionError::Broken { .. }) => break Ended::Lost,
                Err(error) => break ended(ErrorCode::SignalingFailed, &error.to_string()),
            },
        }
    };
    (ended, None)
}

/// How a session ended that was interrupted.
pub(crate) fn ended_by(why: Interruption) -> Ended {
    match why {
        Interruption::Superseded => Ended::Bye,
        Interruption::Closed(reason) => closed(reason),
    }
}

fn closed(reason: CloseReason) -> Ended {
    match reason {
        CloseReason::IceFailed { has_heard_check } => {
            ended(ErrorCode::IceFailed, one_way::SERVER.message(has_heard_check))
        }
        CloseReason::DtlsFailed => ended(ErrorCode::DtlsFailed, "the DTLS handshake failed"),
        CloseReason::PeerLost => Ended::Lost,
        CloseReason::Panicked(panicked) => {
            ended(ErrorCode::Other, &format!("the WebRTC stack panicked: {panicked}"))
        }
    }
}

fn ended(code: ErrorCode, message: &str) -> Ended {
    Ended::Failed { code, message: message.to_owned() }
}

/// A client's session is over: after a bye, what it still has to report is waited for.
pub(crate) async fn conclude(context: &Context, id: SessionId, peer: SocketAddr, how: Ended) {
    let cause = match &how {
        Ended::Bye => {
            await_last_reports(context, id).await;
            None
        }
        Ended::Lost => Some(format!("{}: gone without a bye", ErrorCode::PeerLost)),
        // A panic of the WebRTC stack was logged as an error when it happened.
        Ended::Failed { code: ErrorCode::Other, .. } => None,
        Ended::Failed { code, message } => Some(format!("{code}: {message}")),
    };
    if let Some(cause) = cause {
        let client = context.recorder.client(id).unwrap_or_default();
        let address = peer.to_string();
        let name =
            if client.is_empty() || client == address { address } else { format!("{client} ({address})") };
        context.peers.failed(&name, &cause, Instant::now());
    }
    context.recorder.disconnected(id, how, Instant::now());
}

/// Stops the video and waits for the reports of what was sent.
async fn await_last_reports(context: &Context, id: SessionId) {
    context.fanout.stop(id);
    let deadline = tokio::time::Instant::now() + LAST_REPORTS_LIMIT;
    while tokio::time::Instant::now() < deadline && !context.recorder.measurement().is_settled(id) {
        tokio::time::sleep(LAST_REPORTS_STEP).await;
    }
}
