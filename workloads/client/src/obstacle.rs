//! Why a client never had media, in one line: the first cause and not the last symptom.

use media::receiver::Stats;
use report::{ClientSummary, ErrorCode};

use crate::frame_wait::instead_of_frames;
use crate::no_way::direction;

/// What kept a client from its first decoded frame.
///
/// Errors of setting up are in the order of its stages. The one at the furthest stage is the cause: a server that is gone by
/// now, or was not there yet, refuses connections whatever the trouble is. Where no error was noticed, the stage that
/// was not reached says it; and where all were, what was `received`.
pub(crate) fn obstacle(summary: &ClientSummary, received: &Stats) -> String {
    // Without a channel media flows as well.
    let is_in_the_way = |code| code <= ErrorCode::DecodeFailed && code != ErrorCode::NoChannel;
    let setting_up = summary.errors.iter().filter(|error| is_in_the_way(error.code));
    if let Some(error) = setting_up.max_by_key(|error| error.code) {
        return format!("{}: {}", error.code, error.message);
    }
    if let Some(error) = summary.errors.iter().min_by_key(|error| error.last_seen) {
        return format!("{}: {}", error.code, error.message);
    }
    let setup = &summary.setup_milliseconds;
    let stages = [
        (setup.signaling, ErrorCode::NoOffer, "no offer was answered"),
        (setup.ice, ErrorCode::IceFailed, direction(received)),
        (setup.dtls, ErrorCode::DtlsFailed, "the DTLS handshake did not end"),
        (setup.first_frame, ErrorCode::Other, "no packet of video came"),
    ];
    let missing = stages.iter().find(|(reached, ..)| reached.is_none());
    match missing {
        Some((_, code, message)) => format!("{code}: {message} until then"),
        None => {
            let Stats { packets, lost, longest_payload, .. } = received;
            let instead = instead_of_frames(*packets, *lost, *longest_payload, received);
            format!("{}: {instead}", ErrorCode::FramesIncomplete)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use report::{ClientFrames, ClientSetup, ErrorLog, SCHEMA_VERSION, State};

    use super::*;

    fn summary(errors: &[(ErrorCode, &str)], setup: ClientSetup) -> ClientSummary {
        let mut log = ErrorLog::default();
        for (second, (code, message)) in (0..).zip(errors) {
            log.record(*code, message, Timestamp::from_second(second).unwrap());
        }
        ClientSummary {
            schema_version: SCHEMA_VERSION,
            id: "c".into(),
            started_at: Timestamp::UNIX_EPOCH,
            duration_seconds: 5.0,
            state: State::Connecting,
            server: "s:1".into(),
            reconnects: 0,
            frames: ClientFrames::default(),
            queue_overruns: 0,
            path: None,
            recovery: None,
            setup_milliseconds: setup,
            errors: log.entries().cloned().collect(),
        }
    }

    /// V18: a server that refuses and is gone is no "connection refused".
    #[test]
    fn the_furthest_stage_is_the_cause_and_not_the_last_error() {
        let errors =
            [(ErrorCode::NoVideo, "the offer has no VP8"), (ErrorCode::ConnectFailed, "connection refused")];
        assert_eq!(
            obstacle(&summary(&errors, ClientSetup::default()), &Stats::default()),
            "NoVideo: the offer has no VP8"
        );
    }

    /// V18: a client that gives up before any error is noticed says how far it came.
    #[test]
    fn without_an_error_the_stage_that_was_not_reached_is_said() {
        let signaled = ClientSetup { signaling: Some(3.0), ..ClientSetup::default() };
        let with_ice = ClientSetup { ice: Some(9.0), ..signaled };
        let connected = ClientSetup { dtls: Some(30.0), ..with_ice };
        for (setup, code) in [
            (ClientSetup::default(), "NoOffer"),
            (signaled, "IceFailed"),
            (with_ice, "DtlsFailed"),
            (connected, "Other: no packet"),
            (ClientSetup { first_frame: Some(40.0), ..connected }, "FramesIncomplete"),
        ] {
            let said = obstacle(&summary(&[], setup), &Stats::default());
            assert!(said.starts_with(code), "{said}");
        }
    }
    /// L23: with an MTU of 1000 and no fragments it was "no media", and nothing else.
    #[test]
    fn packets_of_which_only_short_ones_come_are_said_with_their_size() {
        let setup = ClientSetup {
            signaling: Some(1.0),
            ice: Some(2.0),
            dtls: Some(3.0),
            first_frame: Some(4.0),
            ..ClientSetup::default()
        };
        let mut received = Stats { packets: 70, lost: 12, longest_payload: 410, ..Stats::default() };
        let said = obstacle(&summary(&[], setup), &received);
        let seen = "FramesIncomplete: 70 packets came, 12 were lost, and no frame could be decoded";
        assert_eq!(
            said,
            format!("{seen}: none came with more than 410 bytes, full ones have 1188 by default (MTU?)")
        );
        received.longest_payload = 1188;
        assert_eq!(obstacle(&summary(&[], setup), &received), seen);
    }
}
