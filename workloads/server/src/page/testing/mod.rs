//! What the page's tests share: a server with everything but signalling, and HTTP as plain as it can be.

mod browser;

pub(super) use browser::Browser;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use picture::Size;
use preview::Preview;
use process::{Console, Http, Readiness, StatusSource};
use report::Summary;
use scene::Background;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::advertised::Advertised;
use crate::evidence::Evidence;
use crate::media_events::start_fanout;
use crate::page::{self, Events, Viewers};
use crate::peer_log::PeerLog;
use crate::recorder::Recorder;
use crate::session::Context;
use crate::sessions::Sessions;
use crate::video::{Camera, KeyframeRequests, Settings};
use crate::views::Views;

/// No test waits longer for anything; none is expected to come near.
pub(super) const TEST_LIMIT: Duration = Duration::from_secs(20);

/// A running server.
pub(super) struct Server {
    pub(super) context: Arc<Context>,
    pub(super) events: Arc<Events>,
    http: Http,
    _camera: Camera,
}

struct NoStatus;

impl StatusSource for NoStatus {
    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }
    fn status(&self) -> serde_json::Result<String> {
        Ok(String::new())
    }
    fn metrics(&self) -> Result<String, std::fmt::Error> {
        Ok(String::new())
    }
}

impl Server {
    pub(super) async fn start() -> Self {
        let size = Size::new(160, 120).unwrap();
        let (started, frames_per_second, bitrate_kbps) = (Instant::now(), 30, 500);
        let packet_bytes = media::packetise::PacketBytes::DEFAULT;
        let window = Duration::from_secs(60);
        let started_at = jiff::Timestamp::UNIX_EPOCH;
        let instance = String::new();
        let recorder = measure::Settings { instance, size, frames_per_second, window, started, started_at };
        let recorder = Arc::new(Recorder::new(recorder, None));
        let (sessions, keyframes) = (Arc::new(Sessions::default()), Arc::new(KeyframeRequests::default()));
        let peers = Arc::new(PeerLog::default());
        let fanout = Arc::new(
            start_fanout((bitrate_kbps, packet_bytes), None, &recorder, &sessions, &keyframes, &peers)
                .unwrap(),
        );
        let scene = scene::Settings { size, radius: 10.0, speed: 100.0, seed: 1 };
        let video =
            Settings { scene, background: Background::Plain, frames_per_second, bitrate_kbps, packet_bytes };
        let preview = Preview::start().unwrap();
        let camera = Camera::start(
            &video,
            Arc::clone(&fanout),
            Arc::clone(&recorder),
            Arc::clone(&sessions),
            keyframes,
            preview,
            Arc::default(),
        );
        let stop = CancellationToken::new();
        let evidence = Arc::new(Evidence::new(Box::new(|| Duration::ZERO)));
        let views = Views::new(Arc::clone(&recorder), evidence, None, Console::start(false, None).unwrap());
        let events = Arc::new(Events::new(Arc::clone(&recorder), Arc::new(views)));
        let ice_addresses = Vec::new();
        let advertised = Advertised::new(Vec::new(), None);
        let context = Arc::new(Context {
            fanout,
            recorder,
            sessions,
            unanswered: Arc::default(),
            peers,
            ice_addresses,
            advertised,
            stop,
        });
        let viewers = Arc::new(Viewers::new(Arc::clone(&context)));
        let pages = page::router(&events, &viewers);
        let http =
            Http::serve("127.0.0.1:0".parse().unwrap(), Arc::new(NoStatus), pages, vec![]).await.unwrap();
        Self { context, events, http, _camera: camera.unwrap() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.http.address()
    }

    pub(super) fn summary(&self) -> Summary {
        self.context.recorder.measurement().summary(Instant::now())
    }

    /// Sends a request and leaves its connection open.
    pub(super) async fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        let length = body.len();
        let request = format!("{head}\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n{body}", self.address());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// The answer to a request: head and body.
    pub(super) async fn request(&self, head: &str, body: &str) -> (String, String) {
        let mut stream = self.send(&format!("{head}\r\nConnection: close"), body).await;
        let mut answer = String::new();
        tokio::time::timeout(TEST_LIMIT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Posts an offer.
    pub(super) async fn offer(&self, sdp: &str) -> (String, String) {
        self.request("POST /whep HTTP/1.1\r\nContent-Type: application/sdp", sdp).await
    }

    /// Waits until `wanted` is the case.
    pub(super) async fn until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + TEST_LIMIT;
        while !wanted(self) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.summary());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Reads on until `part` has come, and returns all of it.
pub(super) async fn read_until(stream: &mut TcpStream, part: &str) -> String {
    let mut text = String::new();
    let mut buffer = vec![0; 1 << 16];
    let reading = async {
        while !text.contains(part) {
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "it ended after {text}");
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        text
    };
    tokio::time::timeout(TEST_LIMIT, reading).await.unwrap()
}
