//! The wait for a frame that can be decoded, while packets come: where the way carries small packets alone (MTU), or loses too
//! many, nothing else fails, and nothing else would say so (L23).

use std::time::{Duration, Instant};

use media::packetise::PacketBytes;
use media::receiver::Stats;
use report::PathMtu;

/// A keyframe that is lost is asked for again every quarter of a second, and granted once a second at least.
const LIMIT: Duration = Duration::from_secs(3);

/// In one session, from its last frame on.
#[derive(Debug, Default)]
pub(crate) struct FrameWait {
    /// What was counted when it began; `None` before the first look, and once it was said.
    began: Option<(Instant, Stats)>,
    /// The same once it was said before it was known how large a packet may be.
    is_guess_since: Option<Stats>,
    /// At the last look.
    last: Stats,
}

impl FrameWait {
    /// Takes a look, as is to be done once a second. What came instead of a frame, once that was all for [`LIMIT`]; said once
    /// until there is a frame, and once more should it turn out that packets are too large for the way. Packets that do not come at all are another trouble, and so is a decoder that is behind.
    pub(crate) fn take_overdue(&mut self, received: &Stats, now: Instant) -> Option<String> {
        let last = std::mem::replace(&mut self.last, *received);
        let is_over = received.frames > last.frames
            || received.overruns > last.overruns
            || (received.packets == last.packets && self.began.is_some());
        if is_over || last.packets == 0 {
            self.began = Some((now, *received));
            self.is_guess_since = None;
            return None;
        }
        let vanishes = received.path_mtu.media_vanishes_above().is_some();
        let overdue = self.began.take_if(|(began, _)| now.saturating_duration_since(*began) >= LIMIT);
        let before = match overdue {
            Some((_, before)) => {
                self.is_guess_since = (!vanishes).then_some(before);
                before
            }
            None => self.is_guess_since.take_if(|_| vanishes)?,
        };
        let (packets, lost) = (received.packets - before.packets, received.lost - before.lost);
        Some(instead_of_frames(packets, lost, received.longest_since_frame, received))
    }
}

/// What came instead of frames, of which the longest payload was this. A server of ours says how large a packet may be on the way
/// here. Until it does, or where it is older: it sends packets of full length with every keyframe, and where only shorter ones
/// come, it may be the way that does not carry them.
pub(crate) fn instead_of_frames(packets: u64, lost: i64, longest_payload: u64, received: &Stats) -> String {
    let seen = format!("{packets} packets came, {lost} were lost, and no frame could be decoded");
    let PathMtu { to_client, largest_packet, .. } = received.path_mtu;
    match (received.path_mtu.media_vanishes_above(), largest_packet) {
        (Some(bytes), Some(largest)) => {
            return format!(
                "{seen}: datagrams above {bytes} bytes vanish on the way here, the video's have up to {largest}"
            );
        }
        _ if to_client.is_some() => return seen,
        _ => {}
    }
    // By a relay there are no probes that would say so.
    let (full, by_default) = match received.full_payload {
        Some(full) => (full, ""),
        None => (PacketBytes::DEFAULT.get(), " by default"),
    };
    if packets == 0 || longest_payload >= u64::from(full) {
        return seen;
    }
    format!(
        "{seen}: none came with more than {longest_payload} bytes, full ones have {full}{by_default} (MTU?)"
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

    const MTU: &str = "none came with more than 410 bytes, full ones have 1188 by default (MTU?)";

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
        let seen = "70 packets came, 30 were lost, and no frame could be decoded";
        assert_eq!(instead_of_frames(70, 30, 1188, &Stats::default()), seen);
        let of = |full_payload| Stats { full_payload: Some(full_payload), ..Stats::default() };
        assert_eq!(instead_of_frames(70, 30, 200, &of(200)), seen, "a server that sends small ones");
        let said = instead_of_frames(70, 30, 1188, &of(8900));
        assert_eq!(said, format!("{seen}: none came with more than 1188 bytes, full ones have 8900 (MTU?)"));
    }

    fn with_path_mtu(to_client: Option<u16>, received: Stats) -> Stats {
        let path_mtu = PathMtu { to_client, to_server: None, largest_packet: Some(1226) };
        Stats { path_mtu, ..received }
    }

    #[test]
    fn a_way_that_is_known_to_be_too_small_is_named_and_one_that_is_not_is_no_cause() {
        let said = |to_client| instead_of_frames(70, 30, 410, &with_path_mtu(to_client, Stats::default()));
        let seen = "70 packets came, 30 were lost, and no frame could be decoded";
        let hole = "datagrams above 1000 bytes vanish on the way here, the video's have up to 1226";
        assert_eq!(said(Some(1000)), format!("{seen}: {hole}"));
        assert_eq!(said(Some(1500)), seen);
        assert!(said(None).ends_with("(MTU?)"), "{}", said(None));
    }

    #[test]
    fn what_was_a_guess_is_said_again_once_it_is_known() {
        let looks: Vec<Stats> = (0..9)
            .map(|second| with_path_mtu((second >= 6).then_some(1000), counted(20 + 30 * second, 0, 0)))
            .collect();
        let said = said(&looks);
        let when: Vec<usize> = (0..said.len()).filter(|second| said[*second].is_some()).collect();
        assert_eq!(when, [3, 6], "{said:?}");
        assert!(said[3].as_ref().is_some_and(|said| said.ends_with("(MTU?)")), "{said:?}");
        assert!(said[6].as_ref().is_some_and(|said| said.contains("above 1000 bytes vanish")), "{said:?}");
    }
}
