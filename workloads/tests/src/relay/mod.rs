//! A bad network of our own, between a real server and a real client.
//!
//! ```text
//!            signalling (TCP, session descriptions rewritten)
//! client <----------------------------------------------------> server
//!    '------ UDP ------> [relay's port | relay's port] <------ UDP ------'
//! ```
//! In the descriptions that each peer gets the other one's media address is a port of the relay, so neither can go
//! around it. Of SRTP the headers are in clear: the relay sees which packet of which frame it carries, does to it what
//! its [`Network`] says, and keeps a [`Log`] of what never arrived, which is of use where it carried one session. Besides,
//! it does to everything what the [`Impairments`] of the moment say.

mod blackhole;
mod datagram;
mod delay_line;
mod impaired;
mod impairments;
mod log;
mod network;
mod path;
mod sdp;
mod shared;
mod signalling;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub use blackhole::Blackhole;
pub use datagram::LONG_NAME;
pub use impaired::{Counts, DirectionCounts};
pub use impairments::{Impairment, Impairments, InvalidImpairments};
pub use log::{CarriedFrame, Log};
pub use network::{Loss, Network, Outage};
use shared::Shared;

/// A running relay; dropping it ends it.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    signalling: Option<JoinHandle<()>>,
}

impl Relay {
    /// A relay to the server whose signalling listens at `server`.
    ///
    /// # Panics
    /// Where the system refuses it a port or a thread: nothing can be tested then.
    pub fn start(server: SocketAddr, network: Network) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::new(network));
        let of_thread = Arc::clone(&shared);
        let signalling = std::thread::spawn(move || signalling::serve(&listener, server, &of_thread));
        Self { address, shared, signalling: Some(signalling) }
    }

    /// Where the client is to dial instead of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the network does this to every session.
    pub fn impair(&self, impairments: Impairments) {
        self.shared.impair(impairments);
    }

    /// What came so far.
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Different packets of video that the server has sent so far.
    pub fn packets(&self) -> u64 {
        self.shared.log().packets()
    }

    /// Waits until the server has sent so many different packets of video.
    ///
    /// # Panics
    /// Where it has not within `limit`.
    pub fn wait_for_packets(&self, packets: u64, limit: Duration) {
        let seen = self.shared.wait_for_packets(packets, limit);
        assert!(seen >= packets, "{seen} packets of video within {limit:?}, {packets} were to come");
    }

    /// Ends the relay; to be called when both peers have ended, so that nothing is on its way any more.
    pub fn finish(mut self) -> Log {
        self.end();
        self.shared.log()
    }

    fn end(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.signalling.take() {
            // It may still wait for its client.
            let _ = TcpStream::connect(self.address);
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the relay failed, its message is above");
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end();
    }
}
