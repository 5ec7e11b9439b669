//! What happens in the fan-out, passed on to whom it concerns: reports and stages to the recorder, requests for keyframes
//! to the camera, failures to the session's task.

use std::sync::Arc;

use anyhow::Context as _;
use media::fanout::{CHANNEL_GRACE, Event, EventSink, Fanout, MediaPorts, Options};
use media::packetise::PacketBytes;
use report::{ErrorCode, Stage, channel};

use crate::peer_log::PeerLog;
use crate::recorder::Recorder;
use crate::sessions::Sessions;
use crate::video::KeyframeRequests;

/// Starts the fan-out.
///
/// # Errors
/// Where the system refuses its threads.
pub(crate) fn start_fanout(
    (bitrate_kbps, packet_bytes): (u32, PacketBytes),
    ports: Option<MediaPorts>,
    recorder: &Arc<Recorder>,
    sessions: &Arc<Sessions>,
    keyframes: &Arc<KeyframeRequests>,
    peers: &Arc<PeerLog>,
) -> anyhow::Result<Fanout> {
    let (recorder, sessions, keyframes) = (Arc::clone(recorder), Arc::clone(sessions), Arc::clone(keyframes));
    let peers = Arc::clone(peers);
    let sink: EventSink = Arc::new(move |events| {
        recorder.record(&events).into_iter().for_each(|id| sessions.superseded(id));
        for event in &events {
            match event {
                Event::KeyframeWanted(_) => keyframes.request(),
                Event::Closed { id, reason } => sessions.failed(*id, reason.clone()),
                Event::NoChannel { id, why, at } => {
                    if let Some(peer) = sessions.peer(*id) {
                        peers.failed(&peer.to_string(), &format!("{}: {why}", ErrorCode::NoChannel), *at);
                    }
                }
                // Nothing is captured before the first session can use it: its first keyframe would be made too early
                // and the next one have to wait.
                Event::Reached { id, stage: Stage::Channel, at } => sessions.ready_for_video(*id, *at),
                Event::Reached { id, stage: Stage::Dtls, at } => {
                    sessions.ready_for_video(*id, *at + CHANNEL_GRACE);
                }
                _ => {}
            }
        }
    });
    // Two at most: they spread the receive buffers, and more threads than cores only take turns.
    let shards = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let (channel_label, numbering) = (channel::LABEL, None);
    let options = Options { shards, bitrate_kbps, packet_bytes, channel_label, numbering, ports };
    Fanout::start(options, &sink).context("cannot start the media threads")
}
