//! What is counted, one entry for everything that happens to a frame or a message.

use std::time::Duration;

use super::split::Split;
use crate::frames::Step;

/// What became of a frame. It never changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// The ball was reported in time, this far from where it was, this long after capture.
    Matched {
        /// In pixels.
        error: f64,
        /// From capture to the arrival of the report.
        latency: Duration,
        /// Where it went.
        split: Split,
    },
    /// As matched, known from a later report that repeats it: when its own would have come is not known.
    Repeated {
        /// In pixels.
        error: f64,
    },
    /// As matched, for the frame that is most likely meant.
    Estimated {
        /// In pixels.
        error: f64,
        /// From capture to the arrival of the report.
        latency: Duration,
    },
    /// As estimated, by a client that does not name the frames it got: this one is known from its report alone.
    Aligned {
        /// In pixels.
        error: f64,
    },
    Lost,
    Late,
    Undecodable,
    Undetected,
}

/// What is counted. A frame is `Sent` first; then it is `Withdrawn`, or it is `Settled` and may end a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Entry {
    /// A frame was sent, its fate is open.
    Sent,
    /// A pending frame turned out not to have been sent.
    Withdrawn,
    /// A pending frame got its fate.
    Settled(Fate),
    /// The own report of a frame that was matched by a repetition came, after so long.
    Timed {
        /// From capture to the arrival of the report.
        latency: Duration,
        /// Where it went.
        split: Split,
    },
    /// A decoded frame ends a step.
    Stepped(Step),
    /// So long the viewer saw no new picture, from one decoded frame to the next or to the end.
    Gap(Duration),
    /// So many gaps were above the limit of W3C's `freezeCount`.
    Frozen(u64),
    /// For so long the client was wanted.
    Wanted(Duration),
    /// A report for a settled frame.
    Duplicate,
    /// A message that makes no sense.
    Malformed,
}
