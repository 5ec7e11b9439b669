//! One session: from a signalling connection to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::addresses::media_addresses;
use media::receiver::{Answer, Event, Options, Receiver, ReceiverError, Stats, TransportStage};
use preview::Preview;
use process::Console;
use report::channel::{FormerEnd, Hello, LABEL};
use report::{ErrorCode, Stage, State};
use signaling::{Connection, Message};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::channel_wait::ChannelWait;
use crate::counters::Counters;
use crate::fault::Faults;
use crate::frame_decoder::FrameDecoder;
use crate::frame_wait::FrameWait;
use crate::no_way::no_way;
use crate::reporter::Reporter;

/// How long a server may take to make an offer: an aiortc server whose STUN server does not answer needs over 5 s.
const OFFER_LIMIT: Duration = Duration::from_secs(15);

/// Setting up takes a tenth of a second. A server that says bye after this long has given up; before, it is ending.
const SETUP_LIMIT: Duration = Duration::from_secs(5);

/// After its own bye the client goes on reporting until the server closes, but not longer.
const LAST_REPORTS_LIMIT: Duration = Duration::from_millis(500);

/// The channel does not send again what is lost, so the hello goes out this often, a second apart.
const HELLOS: u32 = 5;

const NO_OFFER: &str = "the server closed before it made an offer";
const NO_HANDSHAKE: &str = "the DTLS handshake failed";
const NO_CHANNEL: &str = "the server has opened no data channel, so nothing is reported";

/// What all sessions share.
pub(crate) struct Context {
    pub(crate) arguments: Arguments,
    pub(crate) counters: Arc<Counters>,
    pub(crate) console: Console,
    /// Where there is HTTP.
    pub(crate) preview: Option<Preview>,
    /// Ends the session in good order.
    pub(crate) stop: CancellationToken,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client was to stop.
    Stopped,
    /// The server said bye.
    Bye,
    /// The server is gone without one, in this way.
    Lost(FormerEnd),
    /// It never worked, or broke.
    Failed { code: ErrorCode, message: String },
}

impl Ended {
    /// How it ended, should there have been pictures.
    pub(crate) fn how(&self) -> FormerEnd {
        match self {
            Self::Bye => FormerEnd::Bye,
            Self::Lost(how) => *how,
            Self::Stopped | Self::Failed { .. } => FormerEnd::Other,
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Stopped | Self::Bye => State::Ended,
            Self::Lost(_) => State::Lost,
            Self::Failed { .. } => State::Failed,
        }
    }
}

/// Runs one session over `connection` to its end.
///
/// # Errors
/// Where the detector cannot be made: no further session would do better.
pub(crate) async fn run(context: &Context, mut connection: Connection) -> anyhow::Result<Ended> {
    let reconnects = context.counters.session_begins();
    let negotiated = tokio::select! {
        negotiated = negotiate(context, &mut connection) => negotiated,
        () = context.stop.cancelled() => Err(Ended::Stopped),
    };
    let Answer { mut receiver, offerer, .. } = match negotiated {
        Ok(answer) => answer,
        Err(ended) => {
            connection.bye().await;
            context.counters.session_ended(ended.state(), ended.how(), &Stats::default(), false);
            return Ok(ended);
        }
    };
    let Context { arguments, counters, console, preview, .. } = context;
    let former = counters.had_answered(&offerer);
    let reporter = Reporter::new(receiver.channel_sender());
    let verbose = arguments.verbose.then(|| console.clone());
    let faults = Faults::new(&arguments.faults);
    let mut decoder = FrameDecoder::new(
        arguments.detector,
        faults,
        reporter.clone(),
        Arc::clone(counters),
        verbose,
        preview.clone(),
    )?;
    receiver.handle_frames(move |received| decoder.handle(received));

    let hello = Hello {
        attempt: arguments.attempt,
        node: Some(arguments.node()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        instance: Some(counters.instance().to_owned()),
        reconnects,
        ..Hello::new(arguments.id())
    };
    let ended = stream(context, &mut connection, &mut receiver, &reporter, &hello, former).await;
    if ended == Ended::Stopped {
        counters.send_stats(receiver.stats(), Instant::now(), |stats| reporter.stats(stats));
        await_last_reports(&mut connection).await;
    }
    let stats = receiver.stats();
    if !receiver.close().await {
        counters.error(ErrorCode::Other, "decoding panicked");
    }
    connection.bye().await;
    counters.session_ended(ended.state(), ended.how(), &stats, former.is_some());
    Ok(ended)
}

/// Waits for the offer and answers it.
async fn negotiate(context: &Context, connection: &mut Connection) -> Result<Answer, Ended> {
    let failed = |code, message: String| Ended::Failed { code, message };
    let broken = |error: signaling::ConnectionError| failed(ErrorCode::SignalingFailed, error.to_string());
    let deadline = tokio::time::Instant::now() + OFFER_LIMIT;
    let offer = loop {
        match tokio::time::timeout_at(deadline, connection.receive()).await {
            Ok(Ok(Some(Message::Offer { sdp }))) => break sdp,
            Ok(Ok(Some(Message::Candidate { .. } | Message::Answer { .. }))) => {}
            Ok(Ok(Some(Message::Bye))) => return Err(Ended::Bye),
            Ok(Ok(Some(Message::Refused { reason }))) => return Err(failed(ErrorCode::NoOffer, reason)),
            Ok(Ok(None)) => return Err(failed(ErrorCode::NoOffer, NO_OFFER.into())),
            // It closed before it read the byte with which we open the connection.
            Ok(Err(signaling::ConnectionError::Broken { cause, .. }))
                if cause.kind() == std::io::ErrorKind::ConnectionReset =>
            {
                return Err(failed(ErrorCode::NoOffer, NO_OFFER.into()));
            }
            Ok(Err(error)) => return Err(broken(error)),
            Err(_) => {
                return Err(failed(
                    ErrorCode::NoOffer,
                    format!("no offer within {} s", OFFER_LIMIT.as_secs()),
                ));
            }
        }
    };
    let addresses = media_addresses(connection.local_addr().ip(), &context.arguments.ice_addresses);
    let signaling = connection.local_addr().ip();
    // Before the answer, which names the relay's address.
    let relay = context.arguments.relay.allocate(signaling, &addresses).await;
    let relay = relay.map_err(|message| failed(ErrorCode::IceFailed, message))?;
    let options = Options::new(addresses);
    let answered = match relay {
        Some(allocation) => Receiver::answer_by_relay(&offer, options, allocation),
        None => Receiver::answer(&offer, options),
    };
    let answer = answered.map_err(|error| {
        let code = match error {
            ReceiverError::NoVideo | ReceiverError::NoVp8(_) => ErrorCode::NoVideo,
            ReceiverError::Description(_) | ReceiverError::Negotiation(_) => ErrorCode::SignalingFailed,
            ReceiverError::NoAddress
            | ReceiverError::Bind { .. }
            | ReceiverError::Thread(_)
            | ReceiverError::Panicked(_) => ErrorCode::Other,
            ReceiverError::Relay(_) => ErrorCode::IceFailed,
        };
        failed(code, error.to_string())
    })?;
    connection.send(&Message::Answer { sdp: answer.sdp.clone() }).await.map_err(broken)?;
    context.counters.reached(Stage::Signaling, Instant::now());
    Ok(answer)
}

/// Follows the session until one side ends it. A server has answered at `former` before, where the offer names that again.
async fn stream(
    context: &Context,
    connection: &mut Connection,
    receiver: &mut Receiver,
    reporter: &Reporter,
    hello: &Hello,
    former: Option<SocketAddr>,
) -> Ended {
    let failed = |code, message: &str| Ended::Failed { code, message: message.to_owned() };
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hellos = 0;
    let began = Instant::now();
    let (mut reached, mut channel, mut frames) = (None, ChannelWait::default(), FrameWait::default());
    loop {
        tokio::select! {
            () = context.stop.cancelled() => return Ended::Stopped,
            _ = second.tick() => {
                if hellos < HELLOS && reporter.repeat_hello(hello) {
                    hellos += 1;
                }
                let (now, received) = (Instant::now(), receiver.stats());
                context.counters.send_stats(received, now, |stats| reporter.stats(stats));
                if let Some(instead) = frames.take_overdue(&received, now) {
                    context.counters.error(ErrorCode::FramesIncomplete, &instead);
                }
                if channel.take_overdue(now) {
                    context.counters.error(ErrorCode::NoChannel, NO_CHANNEL);
                }
            }
            message = connection.receive() => match message {
                Ok(Some(bye @ (Message::Bye | Message::Refused { .. }))) => {
                    if let Message::Refused { reason } = bye {
                        tracing::info!(%reason, "the server ends the session");
                    }
                    let elapsed = began.elapsed();
                    // A server that hears nothing any more says bye before we give up.
                    return match receiver.relay_problem().filter(|_| elapsed >= SETUP_LIMIT) {
                        Some(problem) => failed(ErrorCode::IceFailed, &problem.to_string()),
                        None => ended_by_bye(reached, elapsed, no_way(receiver, former)),
                    };
                }
                // Where our packets have to open the path, it may be the only one that does.
                Ok(Some(Message::Candidate { candidate, .. })) => receiver.candidate(candidate),
                Ok(Some(_)) => {}
                Ok(None) | Err(signaling::ConnectionError::Broken { .. }) => return Ended::Lost(FormerEnd::Eof),
                Err(error) => return failed(ErrorCode::SignalingFailed, &error.to_string()),
            },
            event = receiver.next_event() => match event {
                Some(Event::IceConnected) => {
                    reached = reached.or(Some(Stage::Ice));
                    context.counters.reached(Stage::Ice, Instant::now());
                }
                Some(Event::Connected) => {
                    reached = Some(Stage::Dtls);
                    let now = Instant::now();
                    channel.connected(now);
                    context.counters.reached(Stage::Dtls, now);
                }
                Some(Event::FirstPacket) => context.counters.reached(Stage::FirstFrame, Instant::now()),
                Some(Event::ChannelOpened { channel: opened, label, by_peer }) => {
                    channel.opened();
                    if label == LABEL {
                        reporter.open(opened, by_peer, hello);
                        receiver.measure_path_mtu();
                    } else {
                        tracing::info!(label, "foreign data channel opened");
                        reporter.open_foreign(opened, Instant::now());
                    }
                }
                Some(Event::Message { channel, text }) => reporter.receive(channel, &text),
                Some(Event::ChannelClosed { .. }) => {}
                // It has worked, and does no more.
                Some(Event::Failed { .. }) if reached == Some(Stage::Dtls) => {
                    return Ended::Lost(FormerEnd::ConsentLost);
                }
                Some(Event::Failed { stage: TransportStage::Ice }) => {
                    return failed(ErrorCode::IceFailed, &no_way(receiver, former));
                }
                Some(Event::Failed { stage: TransportStage::Dtls }) => {
                    return failed(ErrorCode::DtlsFailed, NO_HANDSHAKE);
                }
                Some(Event::RelayFailed(error)) => {
                    return failed(ErrorCode::IceFailed, &error.to_string());
                }
                Some(Event::Panicked(panicked)) => {
                    return failed(ErrorCode::Other, &format!("the WebRTC stack panicked: {panicked}"));
                }
                Some(Event::Closed) | None => return Ended::Lost(FormerEnd::Other),
            },
        }
    }
}

/// The server said bye `elapsed` after the answer, when setting up had come as far as `reached`. Both sides give up
/// after about the same time, and whoever is first says bye. `no_way` says why there is no way, where there is none.
fn ended_by_bye(reached: Option<Stage>, elapsed: Duration, no_way: String) -> Ended {
    let (code, message) = match reached {
        _ if elapsed < SETUP_LIMIT => return Ended::Bye,
        None => (ErrorCode::IceFailed, no_way),
        Some(Stage::Ice) => (ErrorCode::DtlsFailed, NO_HANDSHAKE.to_owned()),
        Some(_) => return Ended::Bye,
    };
    Ended::Failed { code, message }
}

/// Sends bye and waits until the server has taken the last reports and closes.
async fn await_last_reports(connection: &mut Connection) {
    if connection.send(&Message::Bye).await.is_err() {
        return;
    }
    let closed = async { while let Ok(Some(_)) = connection.receive().await {} };
    // A server that does not close has had its time.
    let _ = tokio::time::timeout(LAST_REPORTS_LIMIT, closed).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bye_to_a_client_that_never_got_media_going_is_a_failure_unless_it_comes_early() {
        let code = |reached, elapsed| match ended_by_bye(reached, elapsed, String::new()) {
            Ended::Failed { code, .. } => Some(code),
            _ => None,
        };
        let early = SETUP_LIMIT - Duration::from_millis(1);
        for reached in [None, Some(Stage::Ice), Some(Stage::Dtls)] {
            assert_eq!(ended_by_bye(reached, early, String::new()), Ended::Bye);
        }
        assert_eq!(code(None, SETUP_LIMIT), Some(ErrorCode::IceFailed));
        assert_eq!(code(Some(Stage::Ice), SETUP_LIMIT), Some(ErrorCode::DtlsFailed));
        assert_eq!(ended_by_bye(Some(Stage::Dtls), SETUP_LIMIT * 100, String::new()), Ended::Bye);
    }
}
