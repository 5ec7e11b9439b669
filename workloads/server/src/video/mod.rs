//! The one stream: captured, encoded and packetised once for all sessions, on a thread of its own.

mod camera;
mod keyframes;
mod pace;
mod source;

pub(crate) use camera::{Camera, Settings};
pub(crate) use keyframes::KeyframeRequests;
