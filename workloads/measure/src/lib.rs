//! The numbers of a session: which frame a report means, what became of every frame, and whether that is good enough.
//!
//! Everything that happens (a frame was captured, a client connected, a message came) is passed to a [`Measurement`] with
//! its moment; it has no clock, no threads and does no I/O, so that every rule is tested on virtual time. [`verdict::judge()`]
//! compares what it knows with what was asked for.
//!
//! ```text
//! Measurement -> matching -> sessions -> recorder -> clients -> statistics -> frames
//!      |            '-> foreign (peers that name no RTP timestamp) ---------------^
//!      '-> views (summary, rows, what is judged) -> recorder, cause
//!      '-> verdict
//! ```
//!
//! # Invariants
//! - A frame that counts for a session is sent and pending at first; then it is withdrawn, or it gets exactly one fate, for
//!   good. So `sent` is the sum of `pending` and the fates, at any time.
//! - All entries of a frame carry the moment of its capture. So that sum holds in each slice of the window alone, and a
//!   slice never has a fate of a frame that it did not send. A message that belongs to no pending frame counts when it came.
//! - An entry is recorded at the client and in the total, in one place and at once: they never differ. What became of a frame
//!   counts in the windows of client and total once these have got there, for both at once.
//! - Frames leave the ledger of a session in the order of the video, each once all before it are settled: only then the
//!   step from one decoded frame to the next is known.
//! - Peers are not trusted: what memory they can take is bounded, for each of them and in number.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use ballsession_measure::{Measurement, SessionId, Settings, Truth};
//! use picture::{Point, Size};
//!
//! let started = Instant::now();
//! let mut measurement = Measurement::new(Settings {
//!     instance: "0123456789abcdef".into(),
//!     size: Size::new(640, 480)?,
//!     frames_per_second: 30,
//!     window: Duration::from_secs(60),
//!     started,
//!     started_at: jiff::Timestamp::UNIX_EPOCH,
//! });
//! let client = SessionId(1);
//! measurement.connect(client, "127.0.0.1:5000".parse()?, started);
//! measurement.start_counting(client, 3000);
//! measurement.captured(Truth { timestamp: 3000, position: Point { x: 100.0, y: 50.0 }, captured: started });
//! measurement.message(client, started + Duration::from_millis(4), br#"{"ts":3000,"x":103,"y":54}"#);
//!
//! let summary = measurement.summary(started + Duration::from_secs(1));
//! assert_eq!(summary.frames.matched, 1);
//! assert_eq!(summary.error_pixels.map(|error| error.mean), Some(5.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cause;
mod clients;
mod evidence;
mod foreign;
mod frames;
mod matching;
mod measurement;
mod recorder;
mod sessions;
mod settings;
mod statistics;
pub mod verdict;
mod views;

pub use clients::Latest;
pub use evidence::{NetworkSample, ProgramSample};
pub use foreign::QUESTION_INTERVAL;
pub use frames::Truth;
pub use matching::MessageOutcome;
pub use measurement::Measurement;
pub use report::{SessionId, Stage};
pub use sessions::{Ended, Presence};
pub use settings::Settings;
pub use statistics::{Histogram, Histograms};
pub use verdict::{InvalidObjectives, Objectives};
