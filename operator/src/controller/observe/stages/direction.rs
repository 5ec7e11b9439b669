//! Which way UDP does not get through between a client and the server, by what both say of it.

use std::net::{IpAddr, SocketAddr};

use report::{ErrorCode, ErrorEntry, one_way};

use crate::report_source::ServerView;

/// Which way is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// What the client sends does not arrive; what the server sends may be known to.
    ToServer { back_is_open: bool },
    /// What the server sends does not arrive; what the client sends may be known to.
    ToClient { back_is_open: bool },
    /// Neither hears the other.
    BothWays,
    /// Nobody has said anything about it.
    Unknown,
}

impl Blocked {
    /// By the error of a client, and by what the server says of the one at these addresses. A side that hears nothing cannot
    /// know whether it is heard; and of a server that only answers, nothing is heard where it hears nothing.
    pub(super) fn of(
        error: Option<&ErrorEntry>,
        server: Option<&ServerView>,
        addresses: &[IpAddr],
        only_answers: bool,
    ) -> Self {
        let client = error.and_then(|error| one_way::CLIENT.has_heard(&error.message));
        let client = client.filter(|has_heard| *has_heard || !only_answers);
        let server = server.and_then(|server| server_has_heard(server, addresses));
        match (client, server) {
            (Some(true), _) => Self::ToServer { back_is_open: true },
            (_, Some(true)) => Self::ToClient { back_is_open: true },
            (Some(false), Some(false)) => Self::BothWays,
            (Some(false), None) => Self::ToClient { back_is_open: false },
            (None, Some(false)) => Self::ToServer { back_is_open: false },
            (None, None) => Self::Unknown,
        }
    }
}

/// Whether the server has heard the client at these addresses, if its last failure of that kind was about that one.
fn server_has_heard(server: &ServerView, addresses: &[IpAddr]) -> Option<bool> {
    let failed = server.errors.iter().find(|error| error.code == ErrorCode::IceFailed)?;
    let (peer, _) = failed.message.split_once(": ")?;
    let peer: SocketAddr = peer.parse().ok()?;
    addresses.contains(&peer.ip()).then(|| one_way::SERVER.has_heard(&failed.message)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::observe::stages::tests::{client_posts, server_posts};
    use report::State;

    /// O21: both directions had the same text.
    #[test]
    fn each_side_says_which_way_it_is_heard_and_both_together_know() {
        let at: IpAddr = "fd00:10:244:2::a".parse().unwrap();
        let both: [IpAddr; 2] = ["10.244.2.10".parse().unwrap(), at];
        for (client, server, expected) in [
            (Some(true), None, Blocked::ToServer { back_is_open: true }),
            (Some(true), Some(false), Blocked::ToServer { back_is_open: true }),
            (Some(false), Some(true), Blocked::ToClient { back_is_open: true }),
            (None, Some(true), Blocked::ToClient { back_is_open: true }),
            (Some(false), Some(false), Blocked::BothWays),
            (Some(false), None, Blocked::ToClient { back_is_open: false }),
            (None, Some(false), Blocked::ToServer { back_is_open: false }),
            (None, None, Blocked::Unknown),
        ] {
            let message = client.map_or("no way", |heard| one_way::CLIENT.message(heard));
            let of_client = client_posts(State::Connecting, &[(ErrorCode::IceFailed, 1, message)]);
            let mut view = server_posts(&json!({}));
            let said = server.map_or("no way", |heard| one_way::SERVER.message(heard));
            view.errors =
                client_posts(State::Failed, &[(ErrorCode::IceFailed, 1, &format!("[{at}]:57076: {said}"))])
                    .errors;
            let found = Blocked::of(of_client.errors.first(), Some(&view), &both, false);
            assert_eq!(found, expected, "{client:?} {server:?}");
            let other = Blocked::of(None, Some(&view), &both[..1], false);
            assert_eq!(other, Blocked::Unknown, "it is about another client");
        }
    }

    /// One that is reached by a Service alone is an ICE-lite agent, which checks nothing by itself.
    #[test]
    fn of_a_server_that_only_answers_silence_says_nothing_of_its_way_back() {
        let deaf =
            client_posts(State::Connecting, &[(ErrorCode::IceFailed, 1, one_way::CLIENT.message(false))]);
        let view = server_posts(&json!({}));
        let found = Blocked::of(deaf.errors.first(), Some(&view), &["10.244.2.10".parse().unwrap()], true);
        assert_eq!(found, Blocked::Unknown);
    }
}
