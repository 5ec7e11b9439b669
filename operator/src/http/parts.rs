//! What an overview is made of.

use std::collections::BTreeSet;
use std::fmt::{Debug, Error, Formatter};
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::Store;

use crate::cluster::Guard;
use crate::http::access::Visible;

/// Sessions that are shown one by one; for more there is the API server, which has pages.
pub(super) const MAX_SESSIONS: usize = 500;

/// The sessions as the watch brings them; one that cannot be decoded is an error in its place.
pub type Sessions = Store<Guard>;

/// Something the operator is of no use without: what is missing, in words, such as `the first list of sessions`; `None`
/// once it is there. Called for every request, so it must be quick.
pub type Need = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Why the operator stands by, in words, such as `the lease of another one`; `None` while it leads. As quick as [`Need`].
pub type Standby = Need;

/// How long ago the server of the session with this UID reported last; `None` before it did. Called for every session
/// at every scrape, so it must be quick.
pub type LastReport = Box<dyn Fn(&str) -> Option<Duration> + Send + Sync>;

/// Why what is stored of the session with this UID may be old, in words: nobody who leads writes it, or has heard of it. `None`
/// while it is kept up to date. As quick as [`Need`].
pub type Doubt = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What everything shown is read from.
pub(super) struct Parts {
    pub(super) needs: Vec<Need>,
    pub(super) standby: Standby,
    pub(super) sessions: Sessions,
    pub(super) last_report: LastReport,
}

/// The sessions at some moment.
pub(super) struct Watched {
    /// The first by namespace and name.
    pub(super) shown: Vec<Arc<Guard>>,
    /// All others.
    pub(super) omitted: Vec<Arc<Guard>>,
}

impl Parts {
    /// What the operator still waits for, in words.
    pub(super) fn missing(&self) -> Vec<String> {
        self.needs.iter().filter_map(|need| need()).collect()
    }

    /// The sessions that are watched now.
    pub(super) fn watched(&self) -> Watched {
        self.watched_in(&Visible::All)
    }

    /// Those of them that somebody may see.
    pub(super) fn watched_in(&self, visible: &Visible) -> Watched {
        let mut shown = self.sessions.state();
        shown.retain(|session| visible.includes(session.namespace().as_deref()));
        shown.sort_by_cached_key(|session| (session.namespace(), session.name_any()));
        let omitted = shown.split_off(shown.len().min(MAX_SESSIONS));
        Watched { shown, omitted }
    }

    /// The namespaces of all sessions.
    pub(super) fn namespaces(&self) -> BTreeSet<String> {
        self.sessions.state().iter().filter_map(|session| session.namespace()).collect()
    }
}

impl Debug for Parts {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result<(), Error> {
        formatter.debug_struct("Parts").finish_non_exhaustive()
    }
}
