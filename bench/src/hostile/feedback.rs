//! Requests for repairs and keyframes, as many as fit.

use std::net::SocketAddr;

use ballsession_tests::by_hand::{nack_flood, picture_loss};
use fastrand::Rng;

use super::attack::{Attack, Done};
use super::session::Session;

/// A viewer that is never content.
pub(super) struct Feedback {
    session: Session,
    random: Rng,
}

impl Feedback {
    pub(super) fn begin(server: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { session: Session::begin(server)?, random: Rng::with_seed(1) })
    }
}

impl Attack for Feedback {
    fn act(&mut self, done: &mut Done) {
        let ssrc = self.session.media_ssrc();
        let nacks = nack_flood(&mut self.random, ssrc);
        for packet in [nacks, picture_loss(ssrc)] {
            self.session.send_rtcp(&packet);
            done.done += 1;
        }
        self.session.listen();
    }
}
