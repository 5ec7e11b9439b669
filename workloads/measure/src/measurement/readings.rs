//! What there is to be read of it at any time.

use std::time::{Duration, Instant};

use report::{ErrorEntry, SessionId, Summary, Video};

use super::{Measurement, to_milliseconds};
use crate::{events::Latest, histogram::Histograms, rows::Position};

/// A position that was reported longer ago says nothing about now.
const FRESH: Duration = Duration::from_secs(2);

impl Measurement {
    /// All numbers at `now`, or at the end of the run if that is earlier.
    pub fn summary(&self, now: Instant) -> Summary {
        let now = self.finished.map_or(now, |finished| finished.min(now));
        let fps = self.settings.frames_per_second;
        let duration = now.saturating_duration_since(self.settings.started);
        let total = &self.books.total;
        Summary {
            schema_version: report::SCHEMA_VERSION,
            started_at: to_milliseconds(self.settings.started_at),
            duration_seconds: duration.as_millis() as f64 / 1e3,
            video: Video {
                width: self.settings.size.width(),
                height: self.settings.size.height(),
                frames_per_second: fps,
                skipped_frames: self.skipped_frames,
            },
            frames: total.frames,
            loss_percent: total.loss_percent(),
            error_pixels: total.error_pixels(),
            latency_milliseconds: total.latency_milliseconds(),
            setup_milliseconds: self.books.setup.quantiles(),
            freezes: total.freezes(fps),
            errors: self.errors.entries().cloned().collect(),
            recent: self.books.window.recent(now, fps),
            clients: self.books.rows.to_wire(fps),
        }
    }

    /// The errors and latencies of the whole run, of the samples that the summary's quantiles are of.
    pub fn histograms(&self) -> Histograms {
        self.books.total.histograms()
    }

    /// The errors so far, one entry a code.
    pub fn errors(&self) -> impl Iterator<Item = &ErrorEntry> {
        self.errors.entries()
    }

    /// The newest position of each connected client that reported one within the last 2 s.
    pub fn latest(&self, now: Instant) -> impl Iterator<Item = Latest<'_>> {
        self.books.rows.iter().filter(|row| row.is_connected()).filter_map(move |row| {
            let Position { reported, truth, error, .. } =
                row.last.filter(|last| now.saturating_duration_since(last.at) <= FRESH)?;
            Some(Latest { client: &row.name, reported, truth, error_pixels: error })
        })
    }

    /// The name of a session's client: the id of its hello, or its address.
    pub fn client(&self, id: SessionId) -> Option<&str> {
        let row = self.books.rows.get(self.sessions.get(&id)?.row)?;
        Some(&row.name)
    }

    /// Whether nothing more can change for a session: no further frame goes to it, and none is pending.
    pub fn is_settled(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_none_or(|session| session.ledger.is_done())
    }
}
