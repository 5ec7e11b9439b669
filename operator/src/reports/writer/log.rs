//! What is logged of writes that fail: an API server that is away once for all sessions, and what it refuses once for each of
//! them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::api_call::CallError;
use crate::failing::Failing;
use crate::reports::stores::SessionKey;

/// Sessions whose refusals are remembered; beyond that some are logged again.
const MOST: usize = 4096;

/// What was logged before.
#[derive(Debug, Default)]
pub(super) struct WriteLog {
    api_server: Failing,
    /// The words of the last refusal.
    refused: Mutex<HashMap<SessionKey, String>>,
}

impl WriteLog {
    /// A write was stored.
    pub(super) fn stored(&self, session: &SessionKey) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
        if self.api_server.worked() {
            tracing::info!("status writes succeed again");
        }
    }

    /// A write failed.
    pub(super) fn failed(&self, session: &SessionKey, error: &CallError) {
        let is_new = if error.is_refusal() {
            self.is_new_refusal(session, &error.to_string())
        } else {
            self.api_server.failed()
        };
        let SessionKey { namespace, name, .. } = session;
        if is_new {
            tracing::warn!(namespace, name, %error, "status write failed, trying again");
        } else {
            tracing::debug!(namespace, name, %error, "status write failed again");
        }
    }

    fn is_new_refusal(&self, session: &SessionKey, words: &str) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST && !refused.contains_key(session) {
            refused.clear();
        }
        let before = refused.insert(session.clone(), words.to_owned());
        before.as_deref() != Some(words)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn session(name: &str) -> SessionKey {
        SessionKey { namespace: "lighthouse".into(), name: name.into(), uid: name.into() }
    }

    #[test]
    fn a_refusal_is_new_for_each_session_and_with_other_words() {
        let log = WriteLog::default();
        let is_new = |name: &str, words: &str| log.is_new_refusal(&session(name), words);
        assert_eq!((is_new("a", "no"), is_new("b", "no"), is_new("a", "no")), (true, true, false));
        assert!(is_new("a", "never"));
        log.stored(&session("b"));
        assert!(is_new("b", "no"), "it was stored meanwhile");
        assert!((0..2 * MOST).all(|number| is_new(&number.to_string(), "no")));
        assert!(log.refused.lock().unwrap().len() <= MOST);
    }

    /// O21: each failure was logged, of each session.
    #[test]
    fn an_api_server_that_is_away_is_logged_once_for_all_sessions() {
        let log = WriteLog::default();
        log.failed(&session("a"), &CallError::Late(Duration::from_secs(5)));
        assert!(!log.api_server.failed(), "it is known");
        log.stored(&session("b"));
        assert!(log.api_server.failed());
    }
}
