//! A rotation while twenty real senders report over real connections. The time of the rotation is the test's; that of the
//! certificates is the present, so the first authority is made sixty days ago.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::future::join_all;
use jiff::Timestamp;
use report::sender::{Pace, Sender, Source, SourceState, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::issuer::Issuer;
use super::keyring::Keyring;
use super::publication::Publication;
use super::rotation::{Issue, Situation, Step, advance};
use super::serving::{Serving, config};

const SENDERS: usize = 20;
const NAME: &str = "127.0.0.1";
const STEP: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The ConfigMap of a session is written so late at most, and its pods see that so much later: longer than a kubelet takes.
const WRITTEN: u64 = 60;
const SEEN: u64 = 480;

/// Something to report, once.
struct Once;

impl Source for Once {
    fn state(&self) -> SourceState {
        SourceState::default()
    }

    fn post(&self, _: u64) -> Vec<u8> {
        b"{}".to_vec()
    }

    fn answered(&self, _: &[u8]) {}
}

/// A pod, and the ConfigMap of its session.
struct Pod {
    folder: tempfile::TempDir,
    /// What its session has been given, and when its file will have it.
    given: String,
    due: Vec<(Duration, String)>,
}

impl Pod {
    fn new(bundle: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "token").unwrap();
        std::fs::write(folder.path().join("ca.crt"), bundle).unwrap();
        Self { folder, given: bundle.to_owned(), due: Vec::new() }
    }

    /// What happens to its files until `now`.
    fn until(&mut self, now: Duration) {
        let is_due = |(at, _): &mut (Duration, String)| *at <= now;
        for (_, bundle) in self.due.extract_if(.., is_due).collect::<Vec<_>>() {
            std::fs::write(self.folder.path().join("ca.crt"), bundle).unwrap();
        }
    }

    fn target(&self, url: &str) -> Target {
        let file = |name| Path::join(self.folder.path(), name);
        Target::new(url.parse().unwrap(), file("token"), Some(file("ca.crt"))).unwrap()
    }
}

/// Answers each request 202.
async fn listen(listener: TcpListener, serving: Arc<Serving>) {
    let tls = TlsAcceptor::from(Arc::new(config(serving).unwrap()));
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(tls.clone(), stream));
    }
}

async fn answer(tls: TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = tls.accept(stream).await?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?;
    stream.shutdown().await
}

struct World {
    keyring: Keyring,
    publication: Publication,
    serving: Arc<Serving>,
    pods: Vec<Pod>,
    random: Rng,
    start: (Instant, Timestamp),
    url: String,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind((NAME, 0)).await.unwrap();
        let url = format!("https://{}/v1/reports", listener.local_addr().unwrap());
        let start = (Instant::now(), Timestamp::now());
        let made = start.1.saturating_sub(DAY * 60).unwrap();
        let current = Issuer.authority(&[NAME.to_owned()], made).unwrap();
        let keyring = Keyring { former: None, current, next: None, request: None };
        let serving = Arc::new(Serving::default());
        serving.set(&keyring.current.issued).unwrap();
        tokio::spawn(listen(listener, Arc::clone(&serving)));
        let pods = (0..SENDERS).map(|_| Pod::new(&keyring.bundle())).collect();
        let publication = Publication::default();
        Self { keyring, publication, serving, pods, random: Rng::with_seed(7), start, url }
    }

    /// What the operator does at `time`, and what comes of it for the pods.
    fn step(&mut self, time: Duration) -> Vec<Step> {
        let now = self.start.0 + time;
        let bundle = self.keyring.bundle();
        let is_published = self.pods.iter().all(|pod| pod.given == bundle);
        self.publication.observe(&bundle, is_published, now);
        let situation = Situation {
            names: &[NAME.to_owned()],
            request: None,
            published_for: self.publication.published_for(now),
            known_for: self.publication.known_for(now),
            now: self.start.1.saturating_add(time).unwrap(),
        };
        let (keyring, steps) = advance(Some(self.keyring.clone()), situation, &Issuer).unwrap();
        self.serving.set(&keyring.current.issued).unwrap();
        self.keyring = keyring;
        let bundle = self.keyring.bundle();
        for pod in &mut self.pods {
            if pod.given != bundle && self.random.u64(..WRITTEN) < STEP.as_secs() {
                pod.given.clone_from(&bundle);
                let seen = time + Duration::from_secs(self.random.u64(..SEEN));
                pod.due.push((seen, bundle.clone()));
            }
            pod.until(time);
        }
        steps
    }

    /// Has every pod post once; why those failed that did.
    async fn post(&self) -> Vec<String> {
        let posts = self.pods.iter().map(async |pod| {
            let changes = watch::Sender::new(());
            let sender =
                Sender::start(pod.target(&self.url), Pace::SERVER, Arc::new(Once), changes.subscribe());
            let (counters, untaken) = (sender.counters(), sender.untaken());
            sender.finish().await;
            let counted = counters.by_result();
            let is_taken = counted["accepted"] == 1 && counted.values().sum::<u64>() == 1;
            (!is_taken).then(|| format!("{counted:?}: {}", untaken.why()))
        });
        join_all(posts).await.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn no_post_fails_while_keys_are_replaced() {
    let mut world = World::new().await;
    let first = world.keyring.current.name.clone();
    let mut steps = Vec::new();
    // Until it is served, some time more, and when the former one is forgotten.
    let times = (0..50)
        .map(|step| STEP * step)
        .chain((0..30).map(|step| DAY + Duration::from_secs(600) + STEP * step));
    for time in times {
        steps.extend(world.step(time));
        let failed = world.post().await;
        assert!(failed.is_empty(), "{time:?}, after {steps:?}: {failed:?}");
    }
    assert_eq!(steps, [Step::Prepared, Step::Switched, Step::Forgotten]);
    let bundle = world.keyring.bundle();
    assert!(world.keyring.current.name != first && world.pods.iter().all(|pod| pod.given == bundle));
}

/// What the ten minutes are for.
#[tokio::test]
async fn posts_fail_where_other_keys_are_used_at_once() {
    let mut world = World::new().await;
    world.keyring.current = Issuer.authority(&[NAME.to_owned()], world.start.1).unwrap();
    world.serving.set(&world.keyring.current.issued).unwrap();
    let failed = world.post().await;
    assert_eq!(failed.len(), SENDERS);
    assert!(failed.iter().all(|why| why.contains("certificate not trusted")), "{failed:?}");
}
