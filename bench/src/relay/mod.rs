//! The relay of the tests of whole sessions as a program, for a harness in another language.
//!
//! It says on stdout where clients are to dial instead of the server. Each line on stdin is what the network does from
//! now on, as JSON ([`Impairments`]; `{}` is nothing), and is answered by a line with the datagrams counted so far. It
//! ends with its stdin.

mod arguments;

use std::io::{BufRead, Write, stdin, stdout};

use anyhow::Context as _;
use ballsession_tests::relay::{Impairments, Network, Relay};

pub use arguments::Arguments;

/// Runs to the end of stdin.
///
/// # Errors
/// Where a line is not what it should be, or nobody takes the answers.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let network = Network { seed: arguments.seed, ..Network::default() };
    let relay = Relay::start(arguments.server, network);
    let mut answers = stdout().lock();
    writeln!(answers, "{}", relay.address())?;
    for line in stdin().lock().lines() {
        let line = line.context("stdin is not readable")?;
        relay.impair(Impairments::parse(&line)?);
        writeln!(answers, "{}", serde_json::to_string(&relay.counts())?)?;
    }
    Ok(())
}
