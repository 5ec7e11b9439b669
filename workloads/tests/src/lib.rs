//! What the tests of whole sessions share: the server and the client as their users run them, spawned on loopback.
//!
//! ```text
//! Server::start, Client::start --> Running --> status (HTTP), signal, kill
//!                                     '--> finish --> Finished: exit code, summary, output
//! ```
//! [`by_hand`] is a peer that says what no program would, and [`relay`] a bad network. Ports are ephemeral, every wait has a limit and ends with the programs' output in the panic's message, and every
//! program is killed when its handle is dropped. Tests wait for what they need to see and never for time to pass.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod address;
mod assertions;
pub mod by_hand;
mod collector;
mod http;
mod output;
mod process;
mod program;
pub mod relay;
mod running;
mod wait;

pub use address::private_address;
pub use assertions::{as_posted, assert_accounted, assert_perfect};
pub use collector::Collector;
pub use http::{Response, get, get_accepting};
pub use process::Process;
pub use program::{Exited, Program, binary};
pub use running::{Client, Finished, Running, Server};
pub use rustix::process::Signal;
pub use wait::{WAIT_LIMIT, eventually, eventually_within};
