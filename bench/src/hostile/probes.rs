//! Questions after the server's health, each on a connection of its own.

use std::net::SocketAddr;

use ballsession_tests::get;

use super::attack::{Attack, Done};

/// In a hundredth of a second.
const AT_ONCE: u64 = 2;

/// Whoever asks.
pub(super) struct Probes {
    http: SocketAddr,
}

impl Probes {
    pub(super) fn new(http: SocketAddr) -> Self {
        Self { http }
    }
}

impl Attack for Probes {
    fn act(&mut self, done: &mut Done) {
        for _ in 0..AT_ONCE {
            done.done += 1;
            if get(self.http, "/healthz").is_none_or(|answer| answer.code != 200) {
                done.refused += 1;
            }
        }
    }
}
