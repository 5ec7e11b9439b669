//! All numbers of a run, in the form in which they are reported.

use std::time::Instant;

use report::{ErrorLog, SCHEMA_VERSION, Summary, Video};

use crate::{recorder::Recorder, settings::Settings};

/// The numbers at `now`.
pub(crate) fn summary(
    settings: &Settings,
    recorder: &Recorder,
    errors: &ErrorLog,
    skipped_frames: u64,
    now: Instant,
) -> Summary {
    let fps = settings.frames_per_second;
    let total = &recorder.total;
    Summary {
        schema_version: SCHEMA_VERSION,
        started_at: settings.wall_clock(settings.started),
        duration_seconds: now.saturating_duration_since(settings.started).as_millis() as f64 / 1e3,
        video: Video {
            width: settings.size.width(),
            height: settings.size.height(),
            frames_per_second: fps,
            skipped_frames,
        },
        frames: total.frames,
        loss_percent: total.loss_percent(),
        error_pixels: total.error_pixels(),
        latency_milliseconds: total.latency_milliseconds(),
        setup_milliseconds: recorder.setup.quantiles(),
        freezes: total.freezes(fps),
        errors: errors.entries().cloned().collect(),
        recent: recorder.window.recent(now, fps),
        clients: recorder.rows.to_wire(fps),
    }
}
