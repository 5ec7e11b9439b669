//! What the peer connection notifies the session of. Its callbacks run on the connection's driver, so they only hand over.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use webrtc::data_channel::DataChannel;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    PeerConnectionEventHandler, RTCIceConnectionState, RTCIceGatheringState, RTCPeerConnectionState,
};

/// Far more than a connection raises at a time.
const CAPACITY: usize = 64;

pub(super) enum Notice {
    Ice(RTCIceConnectionState),
    Connection(RTCPeerConnectionState),
    Track(Arc<dyn TrackRemote>),
    Channel(Arc<dyn DataChannel>),
}

pub(super) struct Handler {
    notices: mpsc::Sender<Notice>,
    gathered: Notify,
}

impl Handler {
    pub(super) fn new() -> (Arc<Self>, mpsc::Receiver<Notice>) {
        let (notices, receiver) = mpsc::channel(CAPACITY);
        (Arc::new(Self { notices, gathered: Notify::new() }), receiver)
    }

    /// Returns once all local candidates are known.
    pub(super) async fn gathered(&self) {
        self.gathered.notified().await;
    }

    fn notify(&self, notice: Notice) {
        if self.notices.try_send(notice).is_err() {
            tracing::debug!("dropped a notice of a peer connection: nobody takes them");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        self.notify(Notice::Ice(state));
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.notify(Notice::Connection(state));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        self.notify(Notice::Track(track));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.notify(Notice::Channel(channel));
    }
}
