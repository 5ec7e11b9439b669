//! How far the watches are. Before its first answer, nothing in memory means nothing; and of a watch that breaks later what is in
//! memory grows old.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::runtime::watcher;
use tokio::sync::watch;

use crate::api_error;

/// By the plural of what is watched.
type State = BTreeMap<String, Watch>;

/// A watch that fails for so long is broken: a shorter time is that of an API server that is restarted.
const BROKEN_AFTER: Duration = Duration::from_secs(60);

/// A watch that fails fails again sooner: after 10 s at most it is tried again, and of one that gets no answer, or of which nothing
/// comes, that is known after 63 s. One that goes on where it was says nothing until something changes, so that a longer quiet is
/// all there is to be seen of it.
const QUIET: Duration = Duration::from_secs(90);

/// How far one watch is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Watch {
    /// Why what is watched is not in memory yet.
    waits: Option<String>,
    fails: Option<Failures>,
    failures: u64,
}

/// Attempts at a watch that failed, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failures {
    first: Instant,
    last: Instant,
    /// Why the last one did.
    why: String,
}

impl Failures {
    fn goes_on(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) <= QUIET
    }

    fn is_broken(&self, now: Instant) -> bool {
        self.goes_on(now) && self.last.saturating_duration_since(self.first) >= BROKEN_AFTER
    }
}

/// How far the watches are.
#[derive(Debug, Clone)]
pub struct FirstSync(watch::Receiver<State>);

impl FirstSync {
    /// Why there is nothing to be had from the watches yet; `None` when there is.
    pub fn waiting(&self) -> Option<String> {
        let state = self.0.borrow();
        let waiting: Vec<_> = state
            .iter()
            .filter_map(|(plural, watch)| watch.waits.as_ref().map(|why| format!("{plural} ({why})")))
            .collect();
        (!waiting.is_empty()).then(|| format!("the first list of {}", waiting.join(", ")))
    }

    /// Which watches are broken at `now`, and why: what is known of these grows old.
    pub fn broken(&self, now: Instant) -> Option<String> {
        let state = self.0.borrow();
        let broken = state.iter().filter(|(_, watch)| watch.waits.is_none()).filter_map(|(plural, watch)| {
            let fails = watch.fails.as_ref().filter(|fails| fails.is_broken(now))?;
            let lasts = now.saturating_duration_since(fails.first);
            Some(format!("{plural}, which fails for {} s ({})", lasts.as_secs(), fails.why))
        });
        let broken: Vec<_> = broken.collect();
        (!broken.is_empty()).then(|| format!("the watch of {}", broken.join(", of ")))
    }

    /// Of each watch whether it fails at `now`, and how often it has failed so far.
    pub(super) fn failures(&self, now: Instant) -> Vec<(String, bool, u64)> {
        let state = self.0.borrow();
        let fails = |watch: &Watch| watch.fails.as_ref().is_some_and(|fails| fails.goes_on(now));
        state.iter().map(|(plural, watch)| (plural.clone(), fails(watch), watch.failures)).collect()
    }

    /// Waits until everything is in memory.
    pub(crate) async fn done(&mut self) {
        // An error says that the watches ended: nothing will come of waiting, and nothing is enqueued either.
        let _ = self.0.wait_for(|state| state.values().all(|watch| watch.waits.is_none())).await;
    }
}

/// Keeps track of all watches.
pub(super) struct Tracker(Arc<watch::Sender<State>>);

impl Tracker {
    pub(super) fn new() -> (Self, FirstSync) {
        let (sender, receiver) = watch::channel(State::new());
        (Self(Arc::new(sender)), FirstSync(receiver))
    }

    /// Another watch, of objects with this plural.
    pub(super) fn watch(&self, plural: &str) -> Report {
        let report = self.watch_besides(plural);
        report.change(|watch| watch.waits = Some("no answer yet".to_owned()));
        report
    }

    /// One whose first list nothing waits for.
    pub(super) fn watch_besides(&self, plural: &str) -> Report {
        let report = Report { state: Arc::clone(&self.0), plural: plural.to_owned() };
        report.change(|_| ());
        report
    }
}

/// Reports how far one watch is.
pub(super) struct Report {
    state: Arc<watch::Sender<State>>,
    plural: String,
}

impl Report {
    /// Something came of the watch.
    pub(super) fn works(&self) {
        let mut failed = false;
        self.change(|watch| failed = watch.fails.take().is_some());
        if failed {
            tracing::info!(watch = %self.plural, "watch works again");
        }
    }

    /// Everything is in memory.
    pub(super) fn synced(&self) {
        self.change(|watch| watch.waits = None);
    }

    /// The watch broke at `now`; it is going to be tried again, and again. That is logged once. Whether it was.
    pub(super) fn failed(&self, error: &watcher::Error, now: Instant) -> bool {
        let why = describe(error);
        let mut is_new = false;
        self.change(|watch| {
            watch.failures += 1;
            if let Some(waits) = &mut watch.waits {
                waits.clone_from(&why);
            }
            let before = watch.fails.take().filter(|fails| fails.goes_on(now));
            is_new = before.is_none();
            let first = before.map_or(now, |fails| fails.first);
            watch.fails = Some(Failures { first, last: now, why: why.clone() });
        });
        if is_new {
            tracing::warn!(watch = %self.plural, error = %why, "watch failed, trying again");
        } else {
            tracing::debug!(watch = %self.plural, error = %why, "watch failed again");
        }
        is_new
    }

    fn change(&self, change: impl FnOnce(&mut Watch)) {
        self.state.send_modify(|state| change(state.entry(self.plural.clone()).or_default()));
    }
}

/// An error in one line. The usual display of an API error repeats the whole answer.
pub(super) fn describe(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
            if status.code == 404 =>
        {
            "the API server does not know them: is the CustomResourceDefinition installed?".to_owned()
        }
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => api_error::describe(error),
        watcher::Error::WatchError(status) => status.message.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use kube::core::Status;

    use super::*;

    #[tokio::test]
    async fn waiting_names_the_watch_and_why() {
        let ((tracker, mut sync), now) = (Tracker::new(), Instant::now());
        let (pods, sessions) = (tracker.watch("pods"), tracker.watch("ballsessions"));
        pods.synced();
        assert_eq!(sync.waiting().unwrap(), "the first list of ballsessions (no answer yet)");
        let missing = Status { code: 404, reason: "NotFound".into(), ..Status::default() };
        let missing = watcher::Error::InitialListFailed(kube::Error::Api(Box::new(missing)));
        assert_eq!([(); 3].map(|()| sessions.failed(&missing, now)), [true, false, false], "said once");
        sessions.works();
        assert!(sessions.failed(&missing, now), "and again when it had worked meanwhile");
        assert_eq!(
            sync.waiting().unwrap(),
            "the first list of ballsessions (the API server does not know them: is the \
             CustomResourceDefinition installed?)"
        );
        assert_eq!(sync.done().now_or_never(), None);

        sessions.synced();
        sessions.failed(&missing, now);
        assert_eq!((sync.waiting(), sync.done().now_or_never()), (None, Some(())));
    }

    #[tokio::test]
    async fn nothing_waits_for_what_is_watched_besides() {
        let ((tracker, mut sync), start) = (Tracker::new(), Instant::now());
        let nodes = tracker.watch_besides("nodes");
        assert_eq!((sync.waiting(), sync.done().now_or_never()), (None, Some(())));
        let gone =
            watcher::Error::WatchError(Box::new(Status { message: "gone".into(), ..Status::default() }));
        for second in [0, 30, 60] {
            nodes.failed(&gone, start + Duration::from_secs(second));
        }
        let broken = sync.broken(start + Duration::from_secs(61)).unwrap();
        assert_eq!(broken, "the watch of nodes, which fails for 61 s (gone)");
    }

    /// O16: that was a line in the log, and nothing else.
    #[test]
    fn a_watch_that_breaks_later_is_named_until_it_works() {
        let (tracker, sync) = Tracker::new();
        let (pods, _jobs) = (tracker.watch("pods"), tracker.watch("jobs"));
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let gone =
            || watcher::Error::WatchError(Box::new(Status { message: "gone".into(), ..Status::default() }));
        for second in [0, 30, 60, 90] {
            pods.failed(&gone(), later(second));
        }
        assert_eq!(sync.broken(later(100)), None, "that is said of its first list");
        pods.synced();
        let broken = sync.broken(later(100)).unwrap();
        assert!(
            broken.starts_with("the watch of pods, which fails for ") && broken.ends_with(" s (gone)"),
            "{broken}"
        );
        assert_eq!(sync.failures(later(100)), [("jobs".to_owned(), false, 0), ("pods".to_owned(), true, 4)]);
        pods.works();
        assert_eq!(sync.broken(later(100)), None);
        assert_eq!(sync.failures(later(100))[1], ("pods".to_owned(), false, 4));
    }

    /// One failure made both replicas not ready where nothing was changed afterwards.
    #[test]
    fn a_watch_that_goes_on_without_a_word_is_not_broken() {
        let (tracker, sync) = Tracker::new();
        let pods = tracker.watch("pods");
        pods.synced();
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let fail = |second| {
            let gone = Status { message: "gone".into(), ..Status::default() };
            pods.failed(&watcher::Error::WatchError(Box::new(gone)), later(second))
        };
        let is_broken = |second| sync.broken(later(second)).is_some();
        assert!(fail(0));
        assert_eq!([59, 60, 90, 91, 600].map(is_broken), [false; 5]);
        assert_eq!([90, 91].map(|second| sync.failures(later(second))[0].1), [true, false]);

        assert_eq!([600, 630].map(fail), [true, false], "anew after a longer quiet");
        assert!(!is_broken(659));
        assert!(!fail(660));
        assert_eq!([660, 750, 751].map(is_broken), [true, true, false]);
        assert!(fail(760) && !is_broken(760), "and anew again");
    }
}
