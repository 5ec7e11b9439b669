//! Asks peers that say nothing by themselves where the ball is: some programs only answer.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use media::fanout::Fanout;
use report::channel::QUESTION;

use crate::board::Board;

/// How often it is looked whom to ask. A peer is asked up to so much later than it could be.
const STEP: Duration = Duration::from_millis(250);

/// Asks for ever.
pub(crate) async fn ask(board: &Board, fanout: &Fanout) -> Infallible {
    loop {
        tokio::time::sleep_until(board.between_frames(Instant::now() + STEP).into()).await;
        for id in board.ask(Instant::now()) {
            fanout.send(id, QUESTION.to_owned());
        }
    }
}
