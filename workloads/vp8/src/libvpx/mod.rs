//! The calls into libvpx: the only module of the project with `unsafe`.
//!
//! What it offers to the rest of the crate is safe whatever the arguments: each check that memory safety rests on is
//! made in here. It knows nothing of policy (which frames to accept, when to start again).
//!
//! Three habits keep it sound:
//! * libvpx's context is never seen by Rust as a value, only through a raw pointer, so that whatever libvpx writes
//!   into it is no business of Rust's validity rules;
//! * of the structures that libvpx returns single fields are read, never the whole: it leaves some uninitialised;
//! * a frame's bytes, which libvpx lends, are returned with the lifetime of a borrow of its owner; pictures are copied.

mod context;
mod decoder;
mod encoder;
mod image;

pub(crate) use decoder::LibraryDecoder;
pub use encoder::Encoded;
pub(crate) use encoder::LibraryEncoder;
