//! Asks peers that report nothing by themselves where the ball is: some programs only answer.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use measure::QUESTION_INTERVAL;
use media::fanout::Fanout;
use report::channel::QUESTION;

use crate::recorder::Recorder;

/// How often it is checked whom to ask, where there is anybody. A peer is asked up to so much later than it could be.
const STEP: Duration = Duration::from_millis(250);

/// Asks for ever.
pub(crate) async fn ask(recorder: &Recorder, fanout: &Fanout) -> Infallible {
    loop {
        // Whoever comes meanwhile is due no earlier than that.
        let step = if recorder.measurement().questions_are_awaited() { STEP } else { QUESTION_INTERVAL };
        let next = recorder.measurement().between_frames(Instant::now() + step);
        tokio::time::sleep_until(next.into()).await;
        let due = recorder.measurement().due_questions(Instant::now());
        for id in due {
            fanout.send(id, QUESTION.to_owned());
        }
    }
}
