//! How good a session was in its trouble, and after it.

use std::ops::Range;

use ballsession_tests::relay::CarriedFrame;

use crate::session::{INTERVAL, Observed, Seen, is_after};

/// How long latency may take to be as it was, in RTP ticks: 1 s.
const RECOVERY: u32 = 90_000;

/// The longest median freeze that is good, in milliseconds.
const GOOD_FREEZE: f64 = 150.0;

/// Asserts that from 1 s after the last packet in `troubled` on, frames are as fast as before the first one.
///
/// Whoever lets a backlog stand is late by a frame interval at least from then on, with every frame; a busy machine
/// delays some. So it is the fast half that is compared.
pub(crate) fn assert_latency_recovers(observed: &Observed, troubled: &Range<u64>) {
    let frames = observed.log.frames();
    let last = frames
        .iter()
        .rfind(|frame| frame.first_packet < troubled.end)
        .expect("trouble begins after the start");
    let before = fast_half(observed, &frames, |frame| frame.first_packet < troubled.start);
    let after = fast_half(observed, &frames, |frame| {
        is_after(frame.timestamp, last.timestamp.wrapping_add(RECOVERY))
    });
    println!("latency of the fast half: {before} ms before, {after} ms after");
    assert!(after < before + f64::from(INTERVAL) / 90.0, "{before} ms before, {after} ms after");
}

/// The median of the faster half of the chosen frames.
fn fast_half(observed: &Observed, frames: &[CarriedFrame], chosen: impl Fn(&CarriedFrame) -> bool) -> f64 {
    let latency = |frame: &CarriedFrame| {
        observed
            .matched
            .iter()
            .find(|(timestamp, _)| *timestamp == frame.timestamp)
            .map(|(_, latency)| *latency)
    };
    let mut latencies: Vec<f64> = frames.iter().filter(|frame| chosen(frame)).filter_map(latency).collect();
    assert!(latencies.len() >= 20, "only {} frames to measure a latency of", latencies.len());
    latencies.sort_by(f64::total_cmp);
    latencies[latencies.len() / 4]
}

/// Asserts that half of the times that the picture stood still were short; returns them in milliseconds.
pub(crate) fn assert_freezes_are_short(observed: &Observed) -> Vec<f64> {
    let mut freezes = freezes(observed);
    freezes.sort_by(f64::total_cmp);
    println!("freezes in ms: {freezes:.0?}");
    let median = freezes.get(freezes.len() / 2).copied().unwrap_or(0.0);
    assert!(median <= GOOD_FREEZE, "{freezes:?}");
    freezes
}

/// For each row of frames that were sent and not decoded, how long the one before it stood longer than it should, in
/// the time of the video.
pub(crate) fn freezes(observed: &Observed) -> Vec<f64> {
    let frames = observed.log.frames();
    let is_decoded = |frame: &CarriedFrame| observed.seen.contains(&(frame.timestamp, Seen::Decoded));
    let decoded: Vec<usize> = (0..frames.len()).filter(|index| is_decoded(&frames[*index])).collect();
    let steps = decoded.windows(2).filter(|pair| pair[1] > pair[0] + 1);
    let ticks = steps.map(|pair| frames[pair[1]].timestamp.wrapping_sub(frames[pair[0]].timestamp));
    ticks.map(|ticks| f64::from(ticks - INTERVAL) / 90.0).collect()
}
