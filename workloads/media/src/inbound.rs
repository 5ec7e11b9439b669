//! What is done with packets on their way in, as a stage of `rtc`'s interceptor chain; those on their way out pass.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Interceptor, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use webrtc::error::Error;

/// What a stage does.
pub(crate) trait Stage {
    /// Whether the packet goes on; it may be changed.
    fn take(&mut self, packet: &mut TaggedPacket) -> bool;

    /// A stream of the peer's begins.
    fn bind(&mut self, _info: &StreamInfo) {}

    /// It has ended.
    fn unbind(&mut self, _info: &StreamInfo) {}
}

/// The interceptor that has a stage do its work.
pub(crate) struct Inbound<S> {
    stage: S,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl<S> Inbound<S> {
    /// Nothing has come yet.
    pub(crate) fn new(stage: S) -> Self {
        Self { stage, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

impl<S: Stage> Protocol<TaggedPacket, TaggedPacket, ()> for Inbound<S> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if self.stage.take(&mut packet) {
            self.inbound.push_back(packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}

impl<S: Stage + Send + Sync + 'static> Interceptor for Inbound<S> {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.stage.bind(info);
    }
    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.stage.unbind(info);
    }
}
