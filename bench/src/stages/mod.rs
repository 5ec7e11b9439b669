//! What a frame costs on its way from drawing to detection, stage by stage, in processor time.
//!
//! ```text
//! floor:    source (draw, encode) --> decode, detect, one frame after the other as fast as it goes
//! session:  source --packetise--> fan-out ==WebRTC on loopback==> receiver --> decode, detect, at the video's pace
//! ```
//! The floor is what no server and client can do without, at its best: caches stay warm, nothing waits. A session at
//! its real pace has cold caches and wake-ups besides, in every stage.

mod arguments;
mod decode;
mod detectors;
mod floor;
mod reference_detectors;
mod run;
mod session;
mod source;
mod threads;

pub use arguments::Arguments;
pub use run::run;
