//! What a user of the assembler chooses.

use std::time::Duration;

/// How long to wait, and how much to hold.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a missing packet may hold up what follows it.
    pub gap_timeout: Duration,
    /// How long a packet may be overtaken by others before it is requested.
    pub reorder_tolerance: Duration,
    /// Time between two requests for the same packet.
    pub repeat_interval: Duration,
    /// Least time between two requests for a keyframe.
    pub keyframe_interval: Duration,
    /// Most packets to hold, gaps included: more than the largest frame has. Further ahead is another stream.
    pub max_packets: usize,
    /// Most bytes to hold. Beyond that everything held is given up.
    pub max_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gap_timeout: Duration::from_millis(80),
            // Four attempts before the gap is given up.
            reorder_tolerance: Duration::from_millis(5),
            repeat_interval: Duration::from_millis(20),
            keyframe_interval: Duration::from_millis(250),
            max_packets: 4096,
            max_bytes: 4 << 20,
        }
    }
}
