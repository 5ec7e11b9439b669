//! A frame on its way to the decoder, and what takes it.

use std::time::Instant;

use crate::assemble::Assembled;

/// A frame on its way to the decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The frame.
    pub frame: Assembled,
    /// When the system received its last packet, or when it was given up.
    pub complete: Instant,
}

/// What became of a frame in the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It is done with.
    Done,
    /// The decoder failed on it, or left it out. What depends on it comes as undecodable until the next keyframe, which
    /// is asked for.
    Lost,
}

/// Takes a session's frames, one after the other, on the thread that receives them.
///
/// While it is busy, packets wait in the sockets, and nothing else of the connection happens either: it may take as long
/// as decoding takes, which is less than any limit of the protocols by orders of magnitude. Frames that come faster than
/// that wait in a bounded queue; those that come while it is full are handed over as undecodable, and so are those that
/// depend on them, until the next keyframe.
pub type FrameHandler = Box<dyn FnMut(Received) -> Handled + Send>;
