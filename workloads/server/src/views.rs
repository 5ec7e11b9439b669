//! Views of the running server: one for all who ask within a moment, so that what `/status`, `/metrics`, the page and a
//! post say under one number is the same.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use measure::Objectives;
use measure::verdict::{Pending, Verdict};
use process::Console;

use crate::evidence::Evidence;
use crate::limits::Limits;
use crate::recorder::Recorder;
use crate::verdicts::Verdicts;
use crate::view::View;

/// How old a view may be that is shown once more. Making one takes 15 ms with 1000 clients.
const FRESH: Duration = Duration::from_millis(250);

/// Makes the views.
pub(crate) struct Views {
    recorder: Arc<Recorder>,
    evidence: Arc<Evidence>,
    console: Console,
    objectives: Option<Objectives>,
    /// Locked before the measurement, where both are.
    inner: Mutex<Inner>,
}

struct Inner {
    /// Of the newest view.
    sequence: u64,
    newest: Option<Arc<View>>,
    verdicts: Verdicts,
    /// The verdict's reason in the last line on the console.
    printed: Option<&'static str>,
}

impl Views {
    /// None yet. Verdicts that turn are printed.
    pub(crate) fn new(
        recorder: Arc<Recorder>,
        evidence: Arc<Evidence>,
        objectives: Option<Objectives>,
        console: Console,
    ) -> Self {
        let verdicts = Verdicts::new(objectives);
        let inner = Inner { sequence: 0, newest: None, verdicts, printed: None };
        Self { recorder, evidence, console, objectives, inner: Mutex::new(inner) }
    }

    /// What is asked for.
    pub(crate) fn limits(&self) -> Option<Limits> {
        self.objectives.as_ref().map(Limits::from)
    }

    /// The newest view, or a new one where that is too old.
    pub(crate) fn current(&self, now: Instant) -> Arc<View> {
        let mut inner = self.lock();
        let is_fresh = |view: &Arc<View>| view.is_final || now.saturating_duration_since(view.at) < FRESH;
        if let Some(view) = inner.newest.clone().filter(is_fresh) {
            return view;
        }
        self.sample(now);
        let mut view = self.recorder.view(now);
        if inner.verdicts.update(&view.judged, now) {
            self.turned(&mut inner);
        }
        view.verdict = inner.verdicts.shown().cloned();
        inner.keep(view)
    }

    /// Judges what there is at `now`. Where that turns something, whoever listens to changes is notified, and the next view
    /// is a new one.
    pub(crate) fn judge(&self, now: Instant) {
        let mut inner = self.lock();
        if inner.newest.as_ref().is_some_and(|view| view.is_final) {
            return;
        }
        self.sample(now);
        let judged = self.recorder.judged(now);
        if inner.verdicts.update(&judged, now) {
            inner.newest = None;
            self.turned(&mut inner);
        }
    }

    /// What holds now and is worth a post when it begins or ends.
    pub(crate) fn conditions(&self) -> BTreeSet<&'static str> {
        self.lock().verdicts.conditions().clone()
    }

    /// The last view, of the whole run; its verdict is not damped. `cut_short` says why the run was
    /// not the one that was asked for: such a run has not met anything.
    ///
    /// `asked` is for how long it was to run, or where nobody said that the window: a shorter one has too few frames.
    pub(crate) fn finish(&self, asked: Duration, cut_short: Option<String>, now: Instant) -> Arc<View> {
        let mut inner = self.lock();
        let mut view = self.recorder.finish(now);
        view.judged.span_seconds = asked.as_secs_f64();
        view.verdict = self.objectives.map(|objectives| {
            let verdict = measure::verdict::judge(&view.judged, &objectives);
            match cut_short {
                Some(why) if !verdict.is_missed() => Verdict::inconclusive(Pending::InsufficientSamples, why),
                _ => verdict,
            }
        });
        inner.keep(view)
    }

    /// What the server knows of itself goes first: who was stopped must not blame others with its next word.
    fn sample(&self, now: Instant) {
        let sample = self.evidence.sample(now);
        self.recorder.measurement().server_evidence(sample, now);
    }

    fn turned(&self, inner: &mut Inner) {
        let shown = inner.verdicts.shown();
        let reason = shown.map(Verdict::reason);
        if let Some(verdict) = shown.filter(|_| inner.printed != reason) {
            self.console.line(format!("verdict: {verdict}"));
        }
        inner.printed = reason;
        self.recorder.changes().send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A view is kept as a whole or not at all.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, mut view: View) -> Arc<View> {
        self.sequence += 1;
        view.summary.sequence = self.sequence;
        view.summary.verdict = view.verdict.as_ref().map(Verdict::to_summary);
        let view = Arc::new(view);
        self.newest = Some(Arc::clone(&view));
        view
    }
}
