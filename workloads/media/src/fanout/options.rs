//! What a fan-out is set up with.

use super::numbering::Numbering;
use super::ports::MediaPorts;
use crate::packetise::PacketBytes;

/// How to set up a [`Fanout`](super::Fanout).
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Threads that drive sessions, each with its own sockets.
    pub shards: usize,
    /// The stream's bitrate: sizes the buffers that packets are sent again from.
    pub bitrate_kbps: u32,
    /// The payload of a full packet, in bytes, as [`Frame`](super::Frame)s have it.
    pub packet_bytes: PacketBytes,
    /// The label of the channel that reports come over: unordered, nothing is sent again.
    pub channel_label: &'static str,
    /// Where the numbers of every session begin. None is what to use: at random, in each session elsewhere, so that
    /// no report can be one of another session.
    pub numbering: Option<Numbering>,
    /// The UDP ports that media may use; none: those that the system gives. With fewer of them than shards there are only
    /// so many shards: two sockets on one port would get each other's datagrams.
    pub ports: Option<MediaPorts>,
}
