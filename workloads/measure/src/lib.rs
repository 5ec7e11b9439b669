//! The numbers of a session: which frame a report means, what became of every frame, and whether that is good enough.
//!
//! A [`Measurement`] is told what happened (a frame was captured, a client connected, a message came) and when; it
//! has no clock, no threads and does no I/O, so that every rule is tested on virtual time. [`verdict()`] compares its
//! summary with what was asked for.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use ballsession_measure::{Measurement, SessionId, Settings, Truth};
//! use picture::{Point, Size};
//!
//! let started = Instant::now();
//! let mut board = Measurement::new(Settings {
//!     size: Size::new(640, 480)?,
//!     frames_per_second: 30,
//!     window: Duration::from_secs(60),
//!     started,
//!     started_at: jiff::Timestamp::UNIX_EPOCH,
//! });
//! let client = SessionId(1);
//! board.connect(client, "127.0.0.1:5000".parse()?, started);
//! board.start_counting(client, 3000);
//! board.captured(Truth { timestamp: 3000, position: Point { x: 100.0, y: 50.0 }, captured: started });
//! board.message(client, started + Duration::from_millis(4), br#"{"ts":3000,"x":103,"y":54}"#);
//!
//! let summary = board.summary(started + Duration::from_secs(1));
//! assert_eq!(summary.frames.matched, 1);
//! assert_eq!(summary.error_pixels.map(|error| error.mean), Some(5.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arrival;
mod asking;
mod attempts;
mod books;
mod distribution;
mod events;
mod fit;
mod freezes;
mod histogram;
mod ledger;
mod measurement;
mod numbers;
mod objectives;
mod pairing;
mod relative;
mod rows;
mod tally;
mod timeline;
mod verdict;
mod window;

pub use events::{Ended, Latest, MessageOutcome, Presence, Settings};
pub use histogram::{Histogram, Histograms};
pub use measurement::Measurement;
pub use numbers::Numbers;
pub use objectives::{InvalidObjectives, Objectives};
pub use report::{SessionId, Stage};
pub use timeline::Truth;
pub use verdict::{Failure, Reason, Verdict, verdict};
