//! One address of a TURN server, from the question for it to its end. Time and datagrams are arguments.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::crypto::default_provider;
use rtc::sansio::Protocol;
use rtc::shared::TransportProtocol;
use rtc::stun::message::TransactionId as StunTransactionId;
use rtc::turn::client::{Client, ClientConfig, Event};

use super::RelayServer;
use super::answer::{Method, Refusal};
use super::error::RelayError;
use super::permissions::Permissions;
use crate::datagrams::received;

/// An allocation is refreshed at least this often: a refresh that meets a stale nonce (RFC 8489, section 14.10) is only made
/// again at the next turn, which has to be before the allocation ends.
const REFRESH: Duration = Duration::from_secs(60);
/// Codes of RFC 8489, section 14.8.
const UNAUTHORIZED: u16 = 401;
const STALE_NONCE: u16 = 438;
/// A nonce that is stale is followed by one that is not: a server that says so again and again gives no permission. Several peers
/// may be asked for at once by one nonce.
const MOST_STALE: u32 = 8;
/// Without a datagram for this long, what fails is the relay's doing.
const SILENCE: Duration = Duration::from_secs(4);
/// Datagrams of peers that wait to be taken.
const MOST_WAITING: usize = 1024;

/// A datagram that came to the relayed address.
#[derive(Debug)]
pub(crate) struct FromPeer {
    pub(crate) peer: SocketAddr,
    pub(crate) data: BytesMut,
}

/// The client's side of a TURN server's address.
pub(crate) struct Relay {
    client: Client,
    server: RelayServer,
    local: SocketAddr,
    /// Once the server has given it.
    relayed: Option<SocketAddr>,
    permissions: Permissions,
    from_peers: VecDeque<FromPeer>,
    /// When the server was heard last, at first when it was asked.
    heard: Instant,
    failed: Option<RelayError>,
    /// The last peer that the server passes nothing on to.
    forbidden: Option<RelayError>,
    /// Permissions that were refused for a nonce that is stale, one after the other.
    stale: u32,
}

impl Relay {
    /// Asks `server` for an address, from the socket bound to `local`.
    ///
    /// # Errors
    /// Where the client cannot be made.
    pub(super) fn new(server: RelayServer, local: SocketAddr, now: Instant) -> Result<Self, RelayError> {
        let unsendable = |cause: &dyn fmt::Display| RelayError::Unsendable {
            name: server.name.clone(),
            address: server.address,
            cause: cause.to_string(),
        };
        let config = ClientConfig {
            turn_serv_addr: server.address.to_string(),
            local_addr: local,
            transport_protocol: TransportProtocol::UDP,
            username: server.username.clone(),
            password: server.password.clone(),
            allocation_refresh_interval_cap: Some(REFRESH),
            ..ClientConfig::default()
        };
        let provider = default_provider().map_err(|error| unsendable(&error))?;
        let mut client = Client::new(config, provider).map_err(|error| unsendable(&error))?;
        client.allocate(now).map_err(|error| unsendable(&error))?;
        Ok(Self {
            client,
            server,
            local,
            relayed: None,
            permissions: Permissions::default(),
            from_peers: VecDeque::new(),
            heard: now,
            failed: None,
            forbidden: None,
            stale: 0,
        })
    }

    /// Where the server is.
    pub(crate) fn server(&self) -> SocketAddr {
        self.server.address
    }

    /// The address at the server, once there is one.
    pub(crate) fn relayed(&self) -> Option<SocketAddr> {
        self.relayed
    }

    /// Why there is none, or none any more.
    pub(crate) fn failed(&self) -> Option<RelayError> {
        self.failed.clone()
    }

    /// What of the relay explains that nothing gets through by it; `None` where nothing is known to be wrong with it.
    pub(crate) fn problem(&self, now: Instant) -> Option<RelayError> {
        let silence = now.saturating_duration_since(self.heard);
        let silent = || RelayError::Silent { name: self.server.name.clone(), silence };
        // Of a server that passes nothing on there is nothing to be heard.
        let forbidden = || self.forbidden.clone().filter(|_| !self.permissions.has_any());
        self.failed().or_else(forbidden).or_else(|| (silence >= SILENCE).then(silent))
    }

    /// Why a peer cannot be reached that is at an address of another family alone.
    pub(super) fn of_other_family(&self, peer: SocketAddr) -> RelayError {
        let relayed = self.relayed.unwrap_or(self.server.address);
        RelayError::OtherFamily { name: self.server.name.clone(), relayed, peer }
    }

    /// A datagram of the server's came.
    pub(crate) fn received(&mut self, datagram: &[u8], now: Instant) {
        self.heard = now;
        // Only the answer to a question of ours is believed.
        let refusal = Refusal::read(datagram)
            .filter(|refusal| self.client.has_transaction(&StunTransactionId(refusal.transaction)));
        let message = received(self.local, self.server.address, datagram, now);
        // What it cannot use is dropped; what it refuses is seen here.
        let _ = self.client.handle_read(message);
        self.take_events(refusal.as_ref());
        if let Some(refusal) = refusal {
            self.refused(&refusal);
        }
        self.ask_for_permission(now);
    }

    fn refused(&mut self, refusal: &Refusal) {
        let (name, answer) = (self.server.name.clone(), refusal.to_string());
        match refusal.method {
            // The first question is always refused, with what has to be in the second. Which one it was, an event says.
            Method::Allocate => {}
            Method::Refresh if refusal.code == STALE_NONCE => {}
            Method::Refresh => self.failed = Some(RelayError::Expired { name, answer }),
            Method::CreatePermission => {
                self.stale = if refusal.code == STALE_NONCE { self.stale + 1 } else { 0 };
                let is_final = refusal.code != STALE_NONCE || self.stale >= MOST_STALE;
                let peer = self.permissions.refused(refusal.transaction, is_final);
                if let Some(peer) = peer.filter(|_| is_final) {
                    self.forbidden = Some(RelayError::PeerForbidden { name, peer, answer });
                }
            }
        }
    }

    /// No address, which may be the doing of a refusal.
    fn no_address(&self, refusal: Option<&Refusal>, error: &impl fmt::Display) -> RelayError {
        let name = self.server.name.clone();
        match refusal {
            Some(refusal) if refusal.code == UNAUTHORIZED => {
                let (username, answer) = (self.server.username.clone(), refusal.to_string());
                RelayError::Unauthorized { name, username, answer }
            }
            Some(refusal) => RelayError::Refused { name, answer: refusal.to_string() },
            None => RelayError::Refused { name, answer: error.to_string() },
        }
    }

    fn take_events(&mut self, refusal: Option<&Refusal>) {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::AllocateResponse(_, relayed) => self.relayed = Some(relayed),
                Event::AllocateError(_, error) => self.failed = Some(self.no_address(refusal, &error)),
                Event::CreatePermissionResponse(_, peer) => {
                    self.stale = 0;
                    self.permissions.given(peer);
                }
                Event::TransactionTimeout(transaction) => {
                    self.permissions.refused(transaction.0, false);
                }
                Event::DataIndicationOrChannelData(_, peer, data) if self.from_peers.len() < MOST_WAITING => {
                    self.from_peers.push_back(FromPeer { peer, data });
                }
                _ => {}
            }
        }
    }

    /// The next datagram that came from a peer.
    pub(crate) fn next_from_peer(&mut self) -> Option<FromPeer> {
        self.from_peers.pop_front()
    }

    /// Sends something to a peer, or loses it where the server does not pass that on yet.
    pub(crate) fn send(&mut self, peer: SocketAddr, data: &[u8], now: Instant) {
        let Some(relayed) = self.relayed else { return };
        if self.permissions.has(peer)
            && let Ok(mut relay) = self.client.relay(relayed)
            && let Err(error) = relay.send_to(now, data, peer)
        {
            tracing::debug!(%peer, %error, "not sent by the relay");
        }
        self.ask_for_permission(now);
    }

    fn ask_for_permission(&mut self, now: Instant) {
        let Some(relayed) = self.relayed else { return };
        while let Some(peer) = self.permissions.wanted() {
            let asked = self.client.relay(relayed).and_then(|mut relay| relay.create_permission(now, peer));
            match asked {
                Ok(transaction) => self.permissions.asked(peer, transaction.map(|transaction| transaction.0)),
                // The allocation is gone.
                Err(_) => return,
            }
        }
    }

    /// The next datagram for the server.
    pub(crate) fn poll_send(&mut self) -> Option<BytesMut> {
        self.client.poll_write().map(|datagram| datagram.message)
    }

    /// Lets timers run.
    pub(crate) fn advance(&mut self, now: Instant) {
        if let Err(error) = self.client.handle_timeout(now) {
            tracing::debug!(%error, "a timer of the relay's");
        }
        self.take_events(None);
        self.ask_for_permission(now);
    }

    /// When [`Relay::advance`] is due.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        self.client.poll_timeout()
    }

    /// Gives the address back.
    pub(crate) fn close(&mut self, now: Instant) {
        if let Some(relayed) = self.relayed
            && let Ok(mut relay) = self.client.relay(relayed)
        {
            // It comes to its end by itself, should the server not hear of it.
            let _ = relay.close(now);
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, local, relayed, .. } = self;
        f.debug_struct("Relay")
            .field("server", server)
            .field("local", local)
            .field("relayed", relayed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
