//! The server's side: one encoded stream to many peers.
//!
//! Every frame releases the work of all sessions at once, and what a session costs per frame decides how many of
//! them a machine can serve. So there is no task, queue or timer per session: a few *shards*, each a thread with its
//! own UDP sockets, drive the sans-IO peer connections of the `rtc` crate, and a frame goes to all sessions of a
//! shard in one sweep.
//!
//! ```text
//! offer, answer, accept, … --> negotiator --adopt--> shard --datagrams--> peers
//! publish ------------------------------------------->  |
//!                                    sink <--events-----'
//! ```
//! The negotiator keeps the costly part of a join, certificates and SDP, off the shards. Events leave in batches
//! through the sink, which may block: nothing that it waits for may wait for the fan-out.

mod binding;
mod command;
mod connection;
mod deferred;
mod driver;
mod dtls_role;
mod error;
mod event;
mod exchange;
mod feedback;
mod frame;
mod handle;
mod keyframe_requests;
mod lateness;
mod negotiator;
mod numbering;
mod options;
mod outbox;
mod outgoing;
mod peer;
mod ports;
mod receive_drops;
mod recent_frames;
mod repairs;
#[cfg(test)]
pub(crate) mod sans_io;
mod schedule;
mod sent_checks;
mod session;
mod session_table;
mod shard;
mod shared;
mod stats;
mod stun;
mod timers;
mod transmission;
pub(crate) mod untrusted;
mod watch;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::addresses::MediaAddresses;
use crate::checks::Budget;
use connection::retransmission_packets;
pub use error::FanoutError;
pub use event::{CloseReason, Event, EventSink, MissingChannel};
pub use frame::Frame;
use negotiator::Negotiator;
pub use numbering::Numbering;
pub use options::Options;
pub use ports::{InvalidPorts, MediaPorts, PortsInUse};
pub use report::{NetworkSample, SessionId, Stage};
pub use schedule::CHANNEL_GRACE;
use shard::Shard;
pub use stats::Stats;

/// Sends one stream to many peers. Dropping it closes all sessions and waits for its threads.
pub struct Fanout {
    // Dropped in this order: no session is handed to a shard that has ended.
    negotiator: Negotiator,
    shards: Vec<Shard>,
    ports: Option<MediaPorts>,
}

impl Fanout {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system refuses a thread or a poll instance.
    pub fn start(options: Options, sink: &EventSink) -> std::io::Result<Self> {
        let check_budget = Arc::new(Budget::default());
        let packets = retransmission_packets(options.bitrate_kbps, options.packet_bytes);
        let shards = options.ports.map_or(options.shards, |ports| options.shards.min(ports.count()));
        let shards = (0..shards.max(1))
            .map(|number| Shard::start(number, Arc::clone(sink), Arc::clone(&check_budget), packets))
            .collect::<std::io::Result<Vec<_>>>()?;
        let handles = shards.iter().map(Shard::handle).collect();
        let negotiator = Negotiator::start(options, handles)?;
        Ok(Self { negotiator, shards, ports: options.ports })
    }

    /// That there are ports on `address` for all shards. Sockets are bound when sessions need them: whoever named ports
    /// wants to know before.
    ///
    /// # Errors
    /// Where too few of the ports are free.
    pub fn check_ports(&self, address: IpAddr) -> Result<(), PortsInUse> {
        self.ports.map_or(Ok(()), |ports| ports.check(self.shards.len(), address))
    }

    /// Makes a peer connection for `id` at `addresses`; answers with an SDP offer that has all candidates in it.
    ///
    /// Where addresses are advertised, they are the candidates, and the connection is lite: it opens no way of its own.
    /// What comes in by them has to reach the sockets of all sessions, so there has to be one port of
    /// [`Options::ports`].
    pub fn offer(
        &self,
        id: SessionId,
        addresses: impl Into<MediaAddresses>,
    ) -> oneshot::Receiver<Result<String, FanoutError>> {
        self.negotiator.offer(id, addresses.into())
    }

    /// Applies the peer's SDP answer; from then on the session runs by itself and reports through events.
    pub fn answer(&self, id: SessionId, sdp: String) -> oneshot::Receiver<Result<(), FanoutError>> {
        self.negotiator.answer(id, sdp)
    }

    /// Makes a peer connection for `id` at `addresses`, as [`Fanout::offer`] does, as a peer's SDP offer has it, which takes
    /// VP8 and may open a data channel; answers with SDP that has all candidates in it. From then on the session runs by
    /// itself and reports through events.
    pub fn accept(
        &self,
        id: SessionId,
        addresses: impl Into<MediaAddresses>,
        offer: String,
    ) -> oneshot::Receiver<Result<String, FanoutError>> {
        self.negotiator.accept(id, addresses.into(), offer)
    }

    /// Takes a candidate of the peer's that was not in its description, as in SDP: `candidate:…`. A few are taken, once the
    /// description is there; what cannot be used is skipped.
    pub fn candidate(&self, id: SessionId, candidate: String) {
        self.negotiator.candidate(id, candidate);
    }

    /// Sends a frame to every session.
    pub fn publish(&self, frame: &Arc<Frame>) {
        for shard in &self.shards {
            shard.publish(Arc::clone(frame));
        }
    }

    /// Published frames that the slowest shard has not sent yet. A frame that would only join a queue is better
    /// never captured: leaving out an encoded one breaks the prediction of all that follow.
    pub fn backlog(&self) -> u64 {
        self.shards.iter().map(Shard::backlog).max().unwrap_or(0)
    }

    /// Sends no more video to `id`, while its reports are still taken in; `Event::Stopped` has where it ended.
    pub fn stop(&self, id: SessionId) {
        self.negotiator.stop(id);
    }

    /// Sends text to the peer of `id` over a data channel: the first that the peer opened, else ours. Nothing happens
    /// where none is open.
    pub fn send(&self, id: SessionId, text: String) {
        self.negotiator.send(id, text);
    }

    /// Ends `id` and forgets it. Unknown ids and ended sessions are fine.
    pub fn close(&self, id: SessionId) {
        self.negotiator.close(id);
    }

    /// Whether all threads run; they end by themselves only when something is badly wrong.
    pub fn is_running(&self) -> bool {
        self.negotiator.is_running() && self.shards.iter().all(Shard::is_running)
    }

    /// The longest that a published frame waited for a shard to begin with it, a timer to run, or a datagram to be read,
    /// since the last call: how much the shards lack the processor, for whoever calls it regularly.
    pub fn take_worst_lateness(&self) -> Duration {
        self.shards.iter().map(Shard::take_worst_lateness).max().unwrap_or_default()
    }

    /// What the shards counted since the start.
    pub fn stats(&self) -> Stats {
        let negotiation = Stats { peer_panics: self.negotiator.panics(), ..Stats::default() };
        self.shards.iter().map(Shard::stats).fold(negotiation, Stats::plus)
    }
}
