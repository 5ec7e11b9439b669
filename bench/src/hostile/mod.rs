//! One peer that does its worst to a server, at a rate, so that it can be measured what others have of it.
//!
//! `ready` on stdout says that it has begun. It goes on to the end of stdin, and then says in a line of JSON what it did.

mod arguments;
mod attack;
mod connections;
mod datagrams;
mod feedback;
mod pace;
mod probes;
mod session;

use std::io::{Read, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use serde::Serialize;

pub use arguments::Arguments;
use attack::{Attack, Done};
use pace::Pace;

/// What was done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    seconds: f64,
    #[serde(flatten)]
    done: Done,
}

/// Runs to the end of stdin.
///
/// # Errors
/// Where the server cannot be reached at first.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut attack: Box<dyn Attack> = arguments.attack()?;
    println!("ready");
    let is_over = Arc::new(AtomicBool::new(false));
    let of_thread = Arc::clone(&is_over);
    std::thread::spawn(move || {
        // An error ends it as the end does.
        let _ = stdin().read_to_end(&mut Vec::new());
        of_thread.store(true, Relaxed);
    });
    let (began, mut pace, mut done) = (Instant::now(), Pace::new(), Done::default());
    while !is_over.load(Relaxed) {
        attack.act(&mut done);
        pace.wait();
    }
    let outcome = Outcome { seconds: began.elapsed().as_secs_f64(), done };
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}
