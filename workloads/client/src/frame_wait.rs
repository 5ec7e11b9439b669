//! The wait for a frame that can be decoded, while packets come: where the way carries small packets alone (MTU), or loses too
//! many, nothing else fails, and nothing else would say so (L23).

use std::time::{Duration, Instant};

use media::packetise::MAX_PAYLOAD_LEN;
use media::receiver::Stats;

/// A keyframe that is lost is asked for again every quarter of a second, and granted once a second at least.
const LIMIT: Duration = Duration::from_secs(3);

/// In one session, from its last frame on.
#[derive(Debug, Default)]
pub(crate) struct FrameWait {
    /// What was counted when it began; `None` before the first look, and once it was said.
    began: Option<(Instant, Stats)>,
    /// At the last look.
    last: Stats,
}

impl FrameWait {
    /// Takes a look, as is to be done once a second. What came instead of a frame, once that was all for [`LIMIT`]; said once
    /// until there is a frame. Packets that do not come at all are another trouble, and so is a decoder that is behind.
    pub(crate) fn take_overdue(&mut self, received: &Stats, now: Instant) -> Option<String> {
        let last = std::mem::replace(&mut self.last, *received);
        let is_over = received.frames > last.frames
            || received.overruns > last.overruns
            || (received.packets == last.packets && self.began.is_some());
        if is_over || last.packets == 0 {
            self.began = Some((now, *received));
            return None;
        }
        let (_, before) = self.began.take_if(|(began, _)| now.saturating_duration_since(*began) >= LIMIT)?;
        let (packets, lost) = (received.packets - before.packets, received.lost - before.lost);
        Some(instead_of_frames(packets, lost, received.longest_since_frame))
    }
}

/// What came instead of frames. A server of ours sends packets of full length with every keyframe: where only shorter ones
/// come, it is the way that does not carry them.
pub(crate) fn instead_of_frames(packets: u64, lost: i64, longest_payload: u64) -> String {
    let seen = format!("{packets} packets came, {lost} were lost, and no frame could be decoded");
    if packets == 0 || longest_payload >= MAX_PAYLOAD_LEN as u64 {
        return seen;
    }
    format!(
        "{seen}: none came with more than {longest_payload} bytes, full ones have {MAX_PAYLOAD_LEN} (MTU?)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One after the other, a second apart: what was said.
    fn said(looks: &[Stats]) -> Vec<Option<String>> {
        let (begin, mut wait) = (Instant::now(), FrameWait::default());
        let at = |second| begin + Duration::from_secs(second);
        (0..).zip(looks).map(|(second, received)| wait.take_overdue(received, at(second))).collect()
    }

    fn counted(packets: u64, frames: u64, lost: i64) -> Stats {
        Stats { packets, frames, lost, longest_since_frame: 410, ..Stats::default() }
    }

    const MTU: &str = "none came with more than 410 bytes, full ones have 1188 (MTU?)";

    #[test]
    fn packets_without_a_frame_are_said_once_after_three_seconds() {
        let looks = [(0, 0), (20, 2), (50, 5), (80, 8), (110, 11), (140, 14), (170, 17), (200, 20)];
        let said = said(&looks.map(|(packets, lost)| counted(packets, 0, lost)));
        let expected = "90 packets came, 9 were lost, and no frame could be decoded";
        assert_eq!(said[4].as_deref(), Some(format!("{expected}: {MTU}").as_str()));
        assert_eq!(said.iter().flatten().count(), 1, "{said:?}");
    }

    #[test]
    fn it_begins_anew_with_every_frame_and_is_said_again_where_it_comes_back() {
        let mut looks = vec![counted(0, 0, 0), counted(30, 30, 0), counted(60, 60, 0)];
        looks.extend((1..=4).map(|second| counted(60 + 30 * second, 60, 0)));
        looks.extend([counted(210, 80, 0), counted(240, 110, 0)]);
        looks.extend((1..=4).map(|second| counted(240 + 30 * second, 110, 1)));
        let said = said(&looks);
        let when: Vec<usize> = (0..said.len()).filter(|second| said[*second].is_some()).collect();
        assert_eq!(when, [5, 11], "{said:?}");
        assert!(said[11].as_ref().is_some_and(|said| said.starts_with("90 packets came, 1 ")), "{said:?}");
    }

    #[test]
    fn silence_and_a_decoder_that_is_behind_are_no_incomplete_frames() {
        let silent = [10, 20, 30, 30, 30, 30, 40, 50].map(|packets| counted(packets, 5, 0));
        assert_eq!(said(&silent), vec![None; 8]);
        let behind =
            [1, 2, 3, 4, 5, 6].map(|second| Stats { overruns: second, ..counted(30 * second, 5, 0) });
        assert_eq!(said(&behind), vec![None; 6]);
    }

    #[test]
    fn where_full_packets_come_it_is_not_their_size() {
        assert_eq!(
            instead_of_frames(70, 30, MAX_PAYLOAD_LEN as u64),
            "70 packets came, 30 were lost, and no frame could be decoded"
        );
    }
}
