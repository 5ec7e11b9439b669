//! The wait for a channel to report on: a server may never open one, and then nothing else would say so.

use std::time::Instant;

use media::CHANNEL_LIMIT;

/// From the connection on, until there is a channel.
#[derive(Debug, Default)]
pub(crate) struct ChannelWait {
    /// When it is overdue; `None` before the connection, and once it is open or was said to be missing.
    by: Option<Instant>,
}

impl ChannelWait {
    /// Media can flow.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.by = Some(now + CHANNEL_LIMIT);
    }

    /// A channel is open, of whatever label.
    pub(crate) fn opened(&mut self) {
        self.by = None;
    }

    /// Whether it is overdue; said once.
    pub(crate) fn take_overdue(&mut self, now: Instant) -> bool {
        self.by.take_if(|by| *by <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_channel_is_missed_once_and_only_where_there_is_a_connection() {
        let (begin, mut wait) = (Instant::now(), ChannelWait::default());
        assert!(!wait.take_overdue(begin + CHANNEL_LIMIT * 2));
        wait.connected(begin);
        let asked = [1, 4999, 5000, 5001].map(|ms| wait.take_overdue(begin + Duration::from_millis(ms)));
        assert_eq!(asked, [false, false, true, false]);
        wait.connected(begin);
        wait.opened();
        assert!(!wait.take_overdue(begin + CHANNEL_LIMIT));
    }
}
