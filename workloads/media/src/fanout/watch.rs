//! What a connected session is watched for: an end that its peer does not announce, and a channel that never opens.

use std::time::{Duration, Instant};

use rtc::peer_connection::transport::RTCSctpTransportState;

use super::event::MissingChannel;
use crate::description::{CHANNEL_LIMIT, OfferedData};

/// How long after the end of DTLS a bye may come: peers that end in good order close their media first, and say bye then.
const BYE_LIMIT: Duration = Duration::from_secs(1);

/// Whose it is to open the channel that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// Ours.
    Us { is_dtls_server: bool },
    /// The peer's, which offered it.
    Peer(OfferedData),
}

/// The watch over one session.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The channel, and when it is overdue; `None` once it is open, and where there is none to wait for.
    channel: Option<(Opener, Instant)>,
    /// When the session is to end without a bye.
    bye_by: Option<Instant>,
}

impl Watch {
    /// Media can flow; a channel is to open.
    pub(super) fn wait_for_channel(&mut self, opener: Opener, now: Instant) {
        self.channel = Some((opener, now + CHANNEL_LIMIT));
    }

    /// A channel is open.
    pub(super) fn channel_opened(&mut self) {
        self.channel = None;
    }

    /// P6: why there is no channel, once there should be one. `sctp` is the state of SCTP, where it was agreed on.
    pub(super) fn missing_channel(
        &mut self,
        sctp: Option<RTCSctpTransportState>,
        now: Instant,
    ) -> Option<MissingChannel> {
        let (opener, _) = self.channel.take_if(|(_, by)| *by <= now)?;
        Some(match (opener, sctp) {
            (Opener::Peer(OfferedData::Apart), _) => MissingChannel::Apart,
            (Opener::Peer(OfferedData::Bundled), _) => MissingChannel::NotOpened,
            (Opener::Us { .. }, None) => MissingChannel::Declined,
            (Opener::Us { .. }, Some(RTCSctpTransportState::Connected)) => MissingChannel::Unacknowledged,
            (Opener::Us { .. }, Some(RTCSctpTransportState::Closed)) => MissingChannel::BrokenOff,
            (Opener::Us { is_dtls_server: true }, Some(_)) => MissingChannel::NobodyBegins,
            (Opener::Us { is_dtls_server: false }, Some(_)) => MissingChannel::Unanswered,
        })
    }

    /// P15: the peer has closed DTLS; whether it has had its time to say bye.
    pub(super) fn is_without_bye(&mut self, now: Instant) -> bool {
        now >= *self.bye_by.get_or_insert(now + BYE_LIMIT)
    }

    /// When to ask again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let channel_by = self.channel.map(|(_, by)| by);
        [channel_by, self.bye_by].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P6.
    #[test]
    fn a_missing_channel_is_said_once_and_only_where_one_was_to_open() {
        let begin = Instant::now();
        let (before, due) = (begin + CHANNEL_LIMIT - Duration::from_millis(1), begin + CHANNEL_LIMIT);
        let us = |is_dtls_server| Opener::Us { is_dtls_server };
        let begins = Some(RTCSctpTransportState::Connecting);
        for (sctp, opener, why) in [
            (None, us(true), MissingChannel::Declined),
            (begins, us(true), MissingChannel::NobodyBegins),
            (begins, us(false), MissingChannel::Unanswered),
            (Some(RTCSctpTransportState::Connected), us(false), MissingChannel::Unacknowledged),
            (Some(RTCSctpTransportState::Connected), us(true), MissingChannel::Unacknowledged),
            (Some(RTCSctpTransportState::Closed), us(false), MissingChannel::BrokenOff),
            (None, Opener::Peer(OfferedData::Apart), MissingChannel::Apart),
            (begins, Opener::Peer(OfferedData::Bundled), MissingChannel::NotOpened),
        ] {
            let mut watch = Watch::default();
            assert_eq!(watch.missing_channel(sctp, due), None);
            watch.wait_for_channel(opener, begin);
            assert_eq!(watch.missing_channel(sctp, before), None);
            assert_eq!(watch.deadline(), Some(due));
            assert_eq!(watch.missing_channel(sctp, due), Some(why));
            assert_eq!((watch.missing_channel(sctp, due), watch.deadline()), (None, None));
        }
        let mut watch = Watch::default();
        watch.wait_for_channel(us(true), begin);
        watch.channel_opened();
        assert_eq!((watch.missing_channel(begins, due), watch.deadline()), (None, None));
    }

    /// P15.
    #[test]
    fn a_peer_that_closed_has_a_second_to_say_bye() {
        let (begin, mut watch) = (Instant::now(), Watch::default());
        assert!(!watch.is_without_bye(begin));
        assert!(!watch.is_without_bye(begin + Duration::from_millis(999)));
        assert_eq!(watch.deadline(), Some(begin + BYE_LIMIT));
        assert!(watch.is_without_bye(begin + BYE_LIMIT));
    }
}
