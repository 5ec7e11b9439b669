//! The numbers of frames: of each client, of all, and of the last while.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crate::{
    clients::{Row, RowId, Rows},
    frames::Step,
    statistics::{Distribution, Entry, FrameStatistics, Grid, Logged, Window},
};

/// The numbers of all clients; those of each are in its row. The totals are kept beside the rows, because rows of gone clients
/// are forgotten.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Without the samples of what is only in the logs of rows yet.
    total: FrameStatistics<Distribution<u64>>,
    pub(crate) window: Window,
    /// Good frames and wanted time of the whole run, as far as they are settled.
    pub(crate) settled: (u64, Duration),
    /// Of one client and of all, empty but while they are counted: memory that is asked for each second costs more than what is
    /// done with it.
    fates: Vec<Logged>,
    all_fates: Vec<Logged>,
}

impl Numbers {
    pub(super) fn new(grid: Grid) -> Self {
        let window = Window::new(grid, FrameStatistics::of_slice);
        let (settled, total) = ((0, Duration::ZERO), FrameStatistics::of_run());
        Self { total, window, settled, fates: Vec::new(), all_fates: Vec::new() }
    }

    /// All windows begin anew, with `grid`.
    pub(super) fn begin_window(&mut self, rows: &mut Rows, grid: Grid) {
        self.sample(rows);
        self.window = Window::new(grid, FrameStatistics::of_slice);
        for (_, row) in rows.iter_mut() {
            row.log.clear();
            row.window = self.window.aligned(FrameStatistics::of_client_slice);
        }
    }

    /// A row is no more: what is in its log counts for all.
    pub(super) fn forget(&mut self, row: &Row) {
        for logged in row.log.unsampled() {
            self.total.sample(&logged.entry());
        }
        row.log.iter().for_each(|logged| self.window.record_fate(logged));
    }

    /// Records what happened to one frame or message of a client. `moment` is when the frame was captured, for all
    /// entries of a frame the same; a message without a frame belongs to the moment at which it came.
    pub(super) fn record(&mut self, rows: &mut Rows, id: RowId, moment: Instant, entry: Entry) {
        self.total.count(&entry);
        let mut row = rows.get_mut(id);
        match entry {
            // Frames count in the window once their fate is known.
            Entry::Sent | Entry::Withdrawn => {
                if let Some(nanoseconds) = self.window.nanoseconds(moment)
                    && self.window.record_late(nanoseconds, &entry)
                    && let Some(row) = &mut row
                {
                    row.window.record_late(nanoseconds, &entry);
                }
            }
            Entry::Settled(_) | Entry::Timed { .. } => return self.log(rows, id, moment, &entry),
            Entry::Gap(gap) => {
                if let Some(row) = row {
                    row.statistics.count(&entry);
                    row.window.record_gap(moment, gap);
                }
                return;
            }
            Entry::Stepped(_) | Entry::Frozen(_) | Entry::Wanted(_) | Entry::Duplicate | Entry::Malformed => {
                self.window.record(moment, entry);
            }
        }
        if let Some(row) = row {
            row.statistics.count(&entry);
        }
    }

    /// What became of a frame is kept with its client until the window has got there, with many others that come until
    /// then.
    fn log(&mut self, rows: &mut Rows, id: RowId, moment: Instant, entry: &Entry) {
        let Self { total, window, .. } = self;
        let logged = window.nanoseconds(moment).and_then(|moment| Logged::new(moment, entry));
        let Some(row) = rows.get_mut(id) else {
            total.sample(entry);
            if let Some(logged) = logged.filter(|logged| !window.record_late(logged.moment, entry)) {
                window.record_fate(&logged);
            }
            return;
        };
        row.statistics.count(entry);
        let mut is_late = |logged: &Logged| {
            let is_late = window.record_late(logged.moment, entry);
            is_late && row.window.record_late(logged.moment, entry)
        };
        let Some(logged) = logged.filter(|logged| !is_late(logged)) else {
            row.statistics.sample(entry);
            return total.sample(entry);
        };
        row.log.push(logged);
        if row.log.is_full() {
            self.sample(rows);
            if let Some(row) = rows.get_mut(id) {
                for logged in row.log.take_half() {
                    row.window.record_fate(&logged);
                    self.window.record_fate(&logged);
                }
            }
        }
    }

    /// The decoded frame that was captured at `moment` ends a step.
    pub(super) fn stepped(&mut self, rows: &mut Rows, id: RowId, moment: Instant, step: Step) {
        let is_plain = step.extra_intervals == 0 && !step.is_freeze;
        let nanoseconds = self.window.nanoseconds(moment);
        let last = rows.get_mut(id).and_then(|row| row.log.last_mut());
        let of_this_frame =
            last.filter(|last| is_plain && Some(last.moment) == nanoseconds && !last.ends_step);
        let Some(last) = of_this_frame else { return self.record(rows, id, moment, Entry::Stepped(step)) };
        // Of most frames the fate has just been logged.
        last.ends_step = true;
        self.total.count(&Entry::Stepped(step));
        if let Some(row) = rows.get_mut(id) {
            row.statistics.count(&Entry::Stepped(step));
        }
    }

    /// Adds to the distributions of the whole run what is in the logs.
    pub(super) fn sample(&mut self, rows: &mut Rows) {
        for (_, row) in rows.iter_mut() {
            for logged in row.log.unsampled() {
                let entry = logged.entry();
                row.statistics.sample(&entry);
                self.total.sample(&entry);
            }
            row.log.sampled();
        }
    }

    /// All clients, over the whole run.
    pub(super) fn total(&self, rows: &Rows) -> Cow<'_, FrameStatistics<Distribution<u64>>> {
        let mut total = Cow::Borrowed(&self.total);
        for logged in rows.iter().flat_map(|row| row.log.unsampled()) {
            total.to_mut().sample(&logged.entry());
        }
        total
    }

    /// No fate of a frame captured before `until` will change: the window reaches there.
    pub(super) fn settle(&mut self, rows: &mut Rows, until: Instant) {
        self.sample(rows);
        let Self { window, settled, fates, all_fates, .. } = self;
        let measured = || rows.iter().filter(|row| !row.is_aligned());
        let all = |from, to| measured().map(|row| row.wanted.within(from, to)).sum();
        let (good, time) = window.settle(until, all);
        settled.0 += good;
        settled.1 += time;
        for (_, row) in rows.iter_mut() {
            let Row { window: own, wanted, log, settled: own_settled, .. } = row;
            let (good, time) = own.settle(until, |from, to| wanted.within(from, to));
            own_settled.0 += good;
            own_settled.1 += time;
            wanted.forget(window.end());
            log.settle(own.end_nanoseconds(), fates);
            all_fates.extend(&*fates);
            own_settled.0 += own.record_fates(fates);
        }
        settled.0 += window.record_fates(all_fates);
    }
}
