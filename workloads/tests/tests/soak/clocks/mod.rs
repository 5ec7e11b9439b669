//! Wall clocks that are set, by a second as by a day, of the server and of one client of two: no number shows it.
//!
//! A minute, or as long as the soak is asked to go on; the more of it, the longer between two settings. It needs libfaketime, which
//! changes what a program reads of its clock and not what the system stamps datagrams with: what a program concludes of both is
//! wrong then by what the clock is, for as long as it is.

mod numbers;
mod wall;

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ballsession_tests::{Client, Server, assert_accounted, eventually};
use fastrand::Rng;
use numbers::assert_sane;
use report::{ClientRow, Summary};
use wall::WallClock;

use crate::duration;
use crate::held::Held;

const LASTS: Duration = Duration::from_secs(60);
/// So many settings there are, and so far apart they are at least and at most.
const SETTINGS: u32 = 60;
const APART: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];
/// Between two looks at what the programs hold.
const LOOK: Duration = Duration::from_secs(5);
/// After so long all is there that is made once, or kept for a window.
const SETTLED: Duration = Duration::from_secs(25);
/// Clocks are wrong by up to that.
const DAY: f64 = 86_400.0;
/// Frames that a client may miss for a busy machine's sake, in 1,000, more than the one beside it.
const MORE_MISSED: u64 = 2;

const SMALL: [&str; 8] = ["--width", "320", "--height", "240", "--fps", "60", "--window", "10s"];

/// A second to a day, before the real time or behind it, small ones as often as large ones; and now and then right again.
fn any_offset(rng: &mut Rng) -> i64 {
    if rng.u8(..8) == 0 {
        return 0;
    }
    let seconds = DAY.powf(rng.f64()).round() as i64;
    if rng.bool() { seconds } else { -seconds }
}

/// Asserts that the server has followed its clock until now: what it logs is of another day, once the clock is.
fn assert_follows(server: &Server, clock: &WallClock) {
    clock.set(2 * DAY as i64);
    eventually("a line of the day after tomorrow", || {
        let mut stream = TcpStream::connect(server.signaling()).unwrap();
        // It may have closed already.
        let _ = stream.write_all(b"nonsense\n");
        let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
        server.has_said(&format!("{}T", day.strftime("%F"))).then_some(())
    });
}

fn row<'a>(summary: &'a Summary, id: &str) -> &'a ClientRow {
    summary.clients.iter().find(|row| row.id == id).expect("a row")
}

fn missed(row: &ClientRow) -> u64 {
    row.frames.lost + row.frames.late + row.frames.undecodable
}

#[test]
#[ignore = "needs libfaketime, and its time: make soak CLOCK=steps"]
fn no_number_shows_that_a_clock_was_set() {
    let lasts = duration::asked_for().unwrap_or(LASTS);
    let apart = (lasts / SETTINGS).clamp(APART[0], APART[1]);
    let (of_server, of_client, mut rng) = (WallClock::new(), WallClock::new(), Rng::with_seed(1));
    let server = Server::start_with(&SMALL, &of_server.variables());
    let client = |id, variables: &[_]| Client::start_with(id, server.signaling(), &[], variables);
    let (set, beside) = (client("set", &of_client.variables()), client("beside", &[]));
    ["set", "beside"].iter().for_each(|id| server.matched(id, 60));
    let hold = || [server.process(), set.process(), beside.process()].map(Held::by);

    let (began, mut next, mut settled) = (Instant::now(), apart, None);
    let mut offsets = [0, 0];
    while began.elapsed() < lasts {
        std::thread::sleep(LOOK);
        let (elapsed, held, status) = (began.elapsed(), hold(), server.status());
        println!("{:4.0} s, wrong by {offsets:?} s: {held:?}", elapsed.as_secs_f64());
        for id in ["set", "beside"] {
            let row = row(&status, id);
            println!("       {id}: {:?}, {:?}, {:?}", row.frames, row.latency_milliseconds, row.freezes);
        }
        assert_sane(&status);
        if settled.is_none() && elapsed >= SETTLED {
            settled = Some(held);
        }
        if elapsed >= next {
            next += apart;
            let which = rng.usize(..2);
            offsets[which] = any_offset(&mut rng);
            [&of_server, &of_client][which].set(offsets[which]);
        }
    }
    for (held, before) in hold().into_iter().zip(settled.expect("it took longer than that")) {
        held.assert_is_not_more_than(before);
    }
    set.stop();
    beside.stop();
    assert_follows(&server, &of_server);
    let summary = server.stop().summary;
    assert_sane(&summary);
    assert_accounted(&summary.frames);
    let [set, beside] = ["set", "beside"].map(|id| row(&summary, id));
    println!("set:    {set:?}\nbeside: {beside:?}");
    assert!(missed(set) <= missed(beside) + set.frames.sent * MORE_MISSED / 1000, "{set:?}\n{beside:?}");
    let freezes = |row: &ClientRow| row.freezes.expect("it is not over").count;
    assert!(freezes(set) <= freezes(beside) + 2, "{set:?}\n{beside:?}");
    assert!((summary.duration_seconds - lasts.as_secs_f64()).abs() < 60.0, "{}", summary.duration_seconds);
}
