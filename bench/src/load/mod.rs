//! The load generator: many sessions in one process, each with signalling, ICE, DTLS, SRTP and SCTP of its own.
//!
//! ```text
//! join (tasks): dial, offer, answer --adopt--> driver (threads): datagrams <--> peers
//!      '-- keeps signalling open                  '--> counters --> summary
//! ```
//! A session answers every complete frame at once with a position that is always the same, or with another claim that is
//! not true: what counts is that the server can pair the report with the frame. It shares the machine with the server that it loads, so it does no more
//! than a client must: it decodes nothing and asks for nothing to be sent again.

mod arguments;
mod claim;
mod counters;
mod driver;
mod frames;
mod join;
mod peer;
mod run;

pub use arguments::Arguments;
pub use run::run;
