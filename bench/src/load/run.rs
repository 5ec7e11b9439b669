//! Starts sessions one after the other, waits, and writes the outcome.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::arguments::Arguments;
use super::counters::{Counters, FrameCounts};
use super::driver::Driver;
use super::join;
use crate::clock;
use crate::statistics::Summary;

/// How often it is checked whether all sessions work.
const STEP: Duration = Duration::from_millis(50);

/// What is written at the end.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    /// Sessions that were to be.
    sessions: u32,
    /// Sessions that reported at least one frame.
    up: u64,
    /// Sessions that did not come about, or ended by themselves.
    failed: u64,
    /// The first few reasons.
    failures: Vec<String>,
    /// From dialling to the first report.
    join_milliseconds: Option<Summary>,
    /// From the first session's beginning until all worked, or were given up.
    joining_seconds: f64,
    /// From then to the end.
    seconds: f64,
    /// What this process used of the processor in that time.
    processor_seconds: f64,
    /// From the beginning to the end.
    frames: FrameCounts,
}

/// Runs to its end: the outcome is JSON on stdout, and a line on stderr marks when all sessions work.
///
/// # Errors
/// Where the system refuses a thread.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(load(arguments))?;
    println!("{}", serde_json::to_string_pretty(&outcome)?);
    Ok(())
}

async fn load(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut signals = process::stop_signals()?;
    let counters = Arc::new(Counters::default());
    let drivers = (0..arguments.threads)
        .map(|number| Driver::start(number, Arc::clone(&counters)))
        .collect::<std::io::Result<Vec<_>>>()?;
    let (stop, stopped) = watch::channel(false);
    let mut joins = JoinSet::new();
    let began = Instant::now();
    let joining = async {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / arguments.joins_per_second);
        for (number, driver) in (0..arguments.sessions).zip(drivers.iter().cycle()) {
            pace.tick().await;
            let (server, claim) = (arguments.server.clone(), arguments.claim);
            let counters = Arc::clone(&counters);
            joins.spawn(join::run(
                format!("load-{number}"),
                claim,
                server,
                driver.handle(),
                counters,
                stopped.clone(),
            ));
        }
        let give_up = Instant::now() + arguments.give_up_after;
        while counters.up() + counters.down() < u64::from(arguments.sessions) && Instant::now() < give_up {
            tokio::time::sleep(STEP).await;
        }
    };
    tokio::select! {
        () = joining => {}
        _ = signals.wait_for(Option::is_some) => {}
    }
    let joining_seconds = began.elapsed().as_secs_f64();
    eprintln!("{} of {} sessions up after {joining_seconds:.1} s", counters.up(), arguments.sessions);

    let (steady, used) = (Instant::now(), clock::of_this_process());
    tokio::select! {
        () = tokio::time::sleep(arguments.duration) => {}
        _ = signals.wait_for(Option::is_some) => {}
    }
    let outcome = Outcome {
        sessions: arguments.sessions,
        up: counters.up(),
        failed: counters.down(),
        failures: counters.failures(),
        join_milliseconds: counters.join_milliseconds(),
        joining_seconds,
        seconds: steady.elapsed().as_secs_f64(),
        processor_seconds: (clock::of_this_process() - used).as_secs_f64(),
        frames: counters.frames(),
    };
    stop.send_replace(true);
    while joins.join_next().await.is_some() {}
    drop(drivers);
    Ok(outcome)
}
