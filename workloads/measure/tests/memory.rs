//! What a client takes of memory, as the system sees it.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use ballsession_measure::{Measurement, SessionId, Settings, Truth};
use picture::{Point, Size};

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

/// The memory that each of so many clients takes after two minutes at 30 frames per second and in a window of one: a latency
/// from 1 to 200 ms and an error from 0.001 to 1 px, which is more of either than there is in practice.
fn bytes_of_a_client(clients: u64) -> (Measurement, u64) {
    let (started, mut random) = (Instant::now(), 1u64);
    let before = resident();
    let mut measurement = Measurement::new(Settings {
        instance: "0123456789abcdef".into(),
        size: Size::new(640, 480).expect("both are even"),
        frames_per_second: 30,
        window: Duration::from_secs(60),
        started,
        started_at: jiff::Timestamp::UNIX_EPOCH,
    });
    for client in 0..clients {
        measurement.connect(SessionId(client), "10.0.0.1:5000".parse().expect("an address"), started);
        let hello =
            format!(r#"{{"hello":1,"id":"demo-client-{client}","instance":"{client:016x}","reconnects":0}}"#);
        measurement.message(SessionId(client), started, hello.as_bytes());
        measurement.start_counting(SessionId(client), 0);
    }
    for frame in 0..120 * 30u32 {
        let captured = started + Duration::from_secs(frame.into()) / 30;
        let timestamp = frame * 3000;
        measurement.captured(Truth { timestamp, position: Point { x: 100.0, y: 100.0 }, captured });
        for client in 0..clients {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let share = (random >> 33) as f64 / f64::from(u32::MAX >> 1);
            let latency = Duration::from_secs_f64(0.001 * 200f64.powf(share));
            let x = 100.0 + 0.001 * 1000f64.powf(share);
            let report = format!(r#"{{"ts":{timestamp},"x":{x:.4},"y":100,"held":1500}}"#);
            measurement.message(SessionId(client), captured + latency, report.as_bytes());
        }
        if frame % 30 == 0 {
            measurement.expire_lost(captured);
        }
    }
    assert_eq!(measurement.judged(started + Duration::from_secs(120)).clients.len() as u64, clients);
    let bytes = resident().saturating_sub(before) / clients;
    (measurement, bytes)
}

/// Besides the two distributions of its whole run, which take up to 30 kB, a client takes at most 60 kB.
#[test]
fn a_client_takes_a_bounded_amount() {
    // The memory of one is not to be used again by the next.
    let mut kept = Vec::new();
    for clients in [100, 1000] {
        let (measurement, bytes) = bytes_of_a_client(clients);
        kept.push(measurement);
        println!("{clients} clients: {bytes} bytes each");
        assert!(bytes <= 90_000, "{clients} clients take {bytes} bytes each");
    }
}
