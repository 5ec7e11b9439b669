//! What is logged of posts: once what goes on for long.

use super::poster::Reply;
use super::result::PostResult;

/// What was logged before.
#[derive(Debug, Default)]
pub(super) struct Log {
    is_failing: bool,
    is_forbidden: bool,
    was_refused: bool,
}

impl Log {
    pub(super) fn record(&mut self, Reply { result, reason, .. }: &Reply) {
        match result {
            PostResult::Accepted => {
                let was_forbidden = std::mem::take(&mut self.is_forbidden);
                if std::mem::take(&mut self.is_failing) || was_forbidden {
                    tracing::info!("report posts succeed again");
                }
            }
            PostResult::Forbidden => {
                if !std::mem::replace(&mut self.is_forbidden, true) {
                    tracing::warn!(
                        "report post forbidden by the operator, trying again every 10 minutes: {reason}"
                    );
                }
            }
            PostResult::Refused => {
                if !std::mem::replace(&mut self.was_refused, true) {
                    tracing::warn!("report post refused: {reason}");
                }
            }
            PostResult::Unauthorized
            | PostResult::Busy { .. }
            | PostResult::Unreachable
            | PostResult::NoToken
            | PostResult::Untrusted => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!("report post failed, retrying: {reason}");
                }
            }
        }
    }
}
