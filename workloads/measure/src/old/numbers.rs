//! The part of a summary that is judged.

use report::{ErrorPixels, Frames, Freezes, LatencyMilliseconds, SetupQuantiles, Summary};

/// The numbers that are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// What became of the frames.
    pub frames: Frames,
    /// Lost, late and undecodable frames.
    pub loss_percent: Option<f64>,
    /// Of the matched frames.
    pub error_pixels: Option<ErrorPixels>,
    /// Of the matched frames.
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// Between decoded frames.
    pub freezes: Option<Freezes>,
    /// Of all sessions.
    pub setup_milliseconds: Option<SetupQuantiles>,
}

impl Numbers {
    /// Those of the whole run.
    pub fn of_run(summary: &Summary) -> Self {
        Self {
            frames: summary.frames,
            loss_percent: summary.loss_percent,
            error_pixels: summary.error_pixels,
            latency_milliseconds: summary.latency_milliseconds,
            freezes: summary.freezes,
            setup_milliseconds: summary.setup_milliseconds,
        }
    }

    /// Those of the last while. Setup times are of all sessions even so: in most windows nobody connects.
    pub fn of_recent(summary: &Summary) -> Self {
        let recent = &summary.recent;
        Self {
            frames: recent.frames,
            loss_percent: recent.loss_percent,
            error_pixels: recent.error_pixels,
            latency_milliseconds: recent.latency_milliseconds,
            freezes: recent.freezes,
            setup_milliseconds: summary.setup_milliseconds,
        }
    }
}
