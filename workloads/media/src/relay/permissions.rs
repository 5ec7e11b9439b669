//! Which peers the TURN server passes datagrams on to (RFC 8656, section 9).

use std::net::SocketAddr;

use crate::stun::TransactionId;

/// Peers of one session: all addresses that ICE may check.
const MOST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Wanted,
    Asked(TransactionId),
    Given,
    Forbidden,
}

/// What was asked for, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Permissions(Vec<(SocketAddr, State)>);

impl Permissions {
    /// Whether something may be sent to `peer`; where that is not known, it has to be asked for, unless it has been.
    pub(super) fn has(&mut self, peer: SocketAddr) -> bool {
        match self.0.iter().find(|(known, _)| *known == peer) {
            Some((_, state)) => *state == State::Given,
            None => {
                if self.0.len() < MOST {
                    self.0.push((peer, State::Wanted));
                }
                false
            }
        }
    }

    /// Whether something may be sent to anybody.
    pub(super) fn has_any(&self) -> bool {
        self.0.iter().any(|(_, state)| *state == State::Given)
    }

    /// A peer for whom a permission has to be asked for.
    pub(super) fn wanted(&self) -> Option<SocketAddr> {
        self.0.iter().find(|(_, state)| *state == State::Wanted).map(|(peer, _)| *peer)
    }

    /// It was asked for `peer`; not at all where there is no transaction.
    pub(super) fn asked(&mut self, peer: SocketAddr, transaction: Option<TransactionId>) {
        self.set(|known, _| known == peer, transaction.map_or(State::Given, State::Asked));
    }

    /// It is given.
    pub(super) fn given(&mut self, peer: SocketAddr) {
        self.set(|known, _| known == peer, State::Given);
    }

    /// It is refused: for good, or because something was out of date. For which peer, where that is known.
    pub(super) fn refused(&mut self, transaction: TransactionId, is_final: bool) -> Option<SocketAddr> {
        let is_it = |_, state| state == State::Asked(transaction);
        self.set(is_it, if is_final { State::Forbidden } else { State::Wanted })
    }

    fn set(&mut self, which: impl Fn(SocketAddr, State) -> bool, state: State) -> Option<SocketAddr> {
        let (peer, found) = self.0.iter_mut().find(|(peer, state)| which(*peer, *state))?;
        *found = state;
        Some(*peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    #[test]
    fn a_permission_is_asked_for_once_and_again_only_where_that_may_help() {
        let mut permissions = Permissions::default();
        assert!(!permissions.has(peer(1)) && !permissions.has(peer(1)));
        assert_eq!(permissions.wanted(), Some(peer(1)));
        permissions.asked(peer(1), Some([1; 12]));
        assert_eq!((permissions.has(peer(1)), permissions.wanted()), (false, None));
        assert_eq!(permissions.refused([2; 12], true), None, "somebody else's");
        assert_eq!(permissions.refused([1; 12], false), Some(peer(1)));
        assert_eq!(permissions.wanted(), Some(peer(1)), "the nonce was old");
        permissions.asked(peer(1), Some([3; 12]));
        assert!(!permissions.has_any());
        permissions.given(peer(1));
        assert!(permissions.has(peer(1)) && permissions.has_any());
        permissions.has(peer(2));
        permissions.asked(peer(2), Some([4; 12]));
        assert_eq!(permissions.refused([4; 12], true), Some(peer(2)));
        assert_eq!((permissions.has(peer(2)), permissions.wanted()), (false, None));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut permissions = Permissions::default();
        for port in 0..1000 {
            permissions.has(peer(port));
        }
        assert_eq!(permissions.0.len(), MOST);
    }
}
