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

/// How far one watch is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Watch {
    /// Why what is watched is not in memory yet.
    waits: Option<String>,
    /// Since when all attempts have failed, and why the last one did.
    fails: Option<(Instant, String)>,
    failures: u64,
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
            let (since, why) = watch.fails.as_ref()?;
            let lasts = now.saturating_duration_since(*since);
            (lasts >= BROKEN_AFTER)
                .then(|| format!("{plural}, which fails for {} s ({why})", lasts.as_secs()))
        });
        let broken: Vec<_> = broken.collect();
        (!broken.is_empty()).then(|| format!("the watch of {}", broken.join(", of ")))
    }

    /// Of each watch whether it fails, and how often it has failed so far.
    pub(super) fn failures(&self) -> Vec<(String, bool, u64)> {
        let state = self.0.borrow();
        state.iter().map(|(plural, watch)| (plural.clone(), watch.fails.is_some(), watch.failures)).collect()
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
        let report = Report { state: Arc::clone(&self.0), plural: plural.to_owned() };
        report.change(|watch| watch.waits = Some("no answer yet".to_owned()));
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

    /// The watch broke; it is going to be tried again, and again. That is logged once. Whether it was.
    pub(super) fn failed(&self, error: &watcher::Error) -> bool {
        let why = describe(error);
        let mut is_new = false;
        self.change(|watch| {
            watch.failures += 1;
            if let Some(waits) = &mut watch.waits {
                waits.clone_from(&why);
            }
            let since = watch.fails.take().map(|(since, _)| since);
            watch.fails = Some((since.unwrap_or_else(Instant::now), why.clone()));
            is_new = since.is_none();
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
        let (tracker, mut sync) = Tracker::new();
        let (pods, sessions) = (tracker.watch("pods"), tracker.watch("ballsessions"));
        pods.synced();
        assert_eq!(sync.waiting().unwrap(), "the first list of ballsessions (no answer yet)");
        let missing = Status { code: 404, reason: "NotFound".into(), ..Status::default() };
        let missing = watcher::Error::InitialListFailed(kube::Error::Api(Box::new(missing)));
        assert_eq!([(); 3].map(|()| sessions.failed(&missing)), [true, false, false], "said once");
        sessions.works();
        assert!(sessions.failed(&missing), "and again when it had worked meanwhile");
        assert_eq!(
            sync.waiting().unwrap(),
            "the first list of ballsessions (the API server does not know them: is the \
             CustomResourceDefinition installed?)"
        );
        assert_eq!(sync.done().now_or_never(), None);

        sessions.synced();
        sessions.failed(&missing);
        assert_eq!((sync.waiting(), sync.done().now_or_never()), (None, Some(())));
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
        pods.failed(&gone());
        assert_eq!(sync.broken(later(100)), None, "that is said of its first list");
        pods.synced();
        assert_eq!(sync.broken(later(59)), None);
        let broken = sync.broken(later(100)).unwrap();
        assert!(
            broken.starts_with("the watch of pods, which fails for ") && broken.ends_with(" s (gone)"),
            "{broken}"
        );
        pods.failed(&gone());
        assert_eq!(sync.failures(), [("jobs".to_owned(), false, 0), ("pods".to_owned(), true, 2)]);
        pods.works();
        assert_eq!(sync.broken(later(100)), None);
        assert_eq!(sync.failures()[1], ("pods".to_owned(), false, 2));
    }
}
