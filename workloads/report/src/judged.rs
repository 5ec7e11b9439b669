//! What a verdict is made of: the quantities of each client and of all together, as the server knows them and as its
//! posts carry them to the operator.
//!
//! A quantity without samples is `None`. Percentages are 0 to 100, times of media are in milliseconds.

mod compact;

pub use compact::CompactClients;

use serde::{Deserialize, Serialize};

use crate::Cause;
use crate::way::Way;

/// The judged quantities of one client, or of all together, over the window or over a whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JudgedNumbers {
    /// Frames whose fate is known.
    pub settled: u64,
    /// For how long the client was wanted, from its first decoded frame; of all together the sum.
    pub wanted_seconds: f64,
    /// Lost, late and undecodable frames, of the settled ones.
    pub loss_percent: Option<f64>,
    /// Frames that were decoded and had no ball, of the settled ones.
    pub undetected_percent: Option<f64>,
    /// Matched and estimated frames, of those that the frame rate promises for the wanted time.
    pub delivered_percent: Option<f64>,
    /// 95 of 100 positions are not farther off.
    pub error_p95_pixels: Option<f64>,
    /// 95 of 100 reports did not take longer from capture.
    pub latency_p95_milliseconds: Option<f64>,
    /// The longest time between two decoded frames at the viewer's end, less one interval, the open gap included; of
    /// all together the longest of any client.
    pub longest_freeze_milliseconds: Option<f64>,
    /// 95 of 100 set-ups did not take longer.
    pub setup_p95_milliseconds: Option<f64>,
    /// The time without pictures after another server process took over; of all together the longest of any client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_milliseconds: Option<f64>,
}

/// Whether a client has media.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Media {
    /// Frames are decoded.
    Flowing,
    /// The client is to be there, and was never seen.
    Awaited {
        /// Since it is to be there.
        seconds: f64,
    },
    /// The client is there, and never decoded a frame.
    NeverHad {
        /// Since its signalling.
        seconds: f64,
    },
    /// The client is connected, and decoded its last frame so many seconds ago.
    Stopped {
        /// Since the last decoded frame.
        seconds: f64,
    },
    /// The client had media, and is not connected.
    Gone {
        /// Since the last decoded frame, if that was earlier than the connection's end.
        seconds: f64,
    },
}

/// One client.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedClient {
    /// Its name.
    pub id: String,
    /// The machine it says that it runs on, where that is known.
    pub node: Option<String>,
    /// Whether it is to be there. What a client does that is not wanted is no breach.
    pub is_wanted: bool,
    /// Whether it has media.
    pub media: Media,
    /// Its numbers.
    pub numbers: JudgedNumbers,
    /// What the evidence points at, should something not be good enough.
    pub cause: Cause,
    /// Packets above so many bytes vanish on the way to it, and its media has larger ones.
    pub vanishes_above: Option<u16>,
    /// The way that media takes to it, where the server was asked to say so.
    pub way: Option<Way>,
}

/// All that a verdict needs to know besides the objectives.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSession {
    /// Of all clients together, those without a row included.
    pub all: JudgedNumbers,
    /// Every client that has a row.
    pub clients: Vec<JudgedClient>,
    /// As the spec promises them.
    pub frames_per_second: u32,
    /// How long the time is that the numbers are of: the window's, or that of the whole run.
    pub span_seconds: f64,
    /// Since the operator changed something by itself; `None` where it never did.
    pub epoch_age_seconds: Option<f64>,
    /// Nothing is to be measured for now.
    pub is_suspended: bool,
    /// What the evidence at the server points at.
    pub cause: Cause,
}
