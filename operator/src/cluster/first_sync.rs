//! Which watches have had their first answer: before, nothing in memory means nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kube::runtime::watcher;
use tokio::sync::watch;

use crate::api_error;

/// By the plural of what is watched: `None` once it is in memory, else why it is not.
type State = BTreeMap<String, Option<String>>;

/// How far the watches are.
#[derive(Debug, Clone)]
pub struct FirstSync(watch::Receiver<State>);

impl FirstSync {
    /// Why there is nothing to be had from the watches yet; `None` when there is.
    pub fn waiting(&self) -> Option<String> {
        let state = self.0.borrow();
        let waiting: Vec<_> = state
            .iter()
            .filter_map(|(plural, why)| why.as_ref().map(|why| format!("{plural} ({why})")))
            .collect();
        (!waiting.is_empty()).then(|| format!("the first list of {}", waiting.join(", ")))
    }

    /// Waits until everything is in memory.
    pub(crate) async fn done(&mut self) {
        // An error says that the watches ended: nothing will come of waiting, and nothing is enqueued either.
        let _ = self.0.wait_for(|state| state.values().all(Option::is_none)).await;
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
        let report = Report {
            state: Arc::clone(&self.0),
            plural: plural.to_owned(),
            is_failing: AtomicBool::new(false),
        };
        report.set(Some("no answer yet".to_owned()));
        report
    }
}

/// Reports how far one watch is.
pub(super) struct Report {
    state: Arc<watch::Sender<State>>,
    plural: String,
    is_failing: AtomicBool,
}

impl Report {
    /// Something came of the watch.
    pub(super) fn works(&self) {
        if self.is_failing.swap(false, Ordering::Relaxed) {
            tracing::info!(watch = %self.plural, "watch works again");
        }
    }

    /// Everything is in memory.
    pub(super) fn synced(&self) {
        self.set(None);
    }

    /// The watch broke; it is going to be tried again, and again. That is logged once. Whether it was.
    pub(super) fn failed(&self, error: &watcher::Error) -> bool {
        let why = describe(error);
        let is_new = !self.is_failing.swap(true, Ordering::Relaxed);
        if is_new {
            tracing::warn!(watch = %self.plural, error = %why, "watch failed, trying again");
        } else {
            tracing::debug!(watch = %self.plural, error = %why, "watch failed again");
        }
        // What is in memory stays good enough when a later attempt fails.
        self.state.send_if_modified(|state| match state.get_mut(&self.plural) {
            Some(Some(before)) if *before != why => {
                *before = why;
                true
            }
            _ => false,
        });
        is_new
    }

    fn set(&self, why: Option<String>) {
        self.state.send_if_modified(|state| state.insert(self.plural.clone(), why.clone()) != Some(why));
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
}
