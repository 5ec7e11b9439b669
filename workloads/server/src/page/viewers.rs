//! Browsers that watch the video: sessions of the fan-out that began with a request over HTTP.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use measure::Ended;
use media::fanout::FanoutError;
use process::Endpoints;
use report::{ErrorCode, SessionId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::session::{self, Context};
use crate::sessions::Interruption;

/// Viewers at a time. Each takes as much as a client does.
pub(super) const MOST_VIEWERS: usize = 8;

/// Why there is no video.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("{MOST_VIEWERS} browsers are watching already, and there is no room for more")]
    Full,
    #[error("the server is ending")]
    Ending,
    #[error("{0}")]
    NotReachable(&'static str),
    #[error(transparent)]
    Fanout(#[from] FanoutError),
}

/// The viewers there are.
pub(crate) struct Viewers {
    context: Arc<Context>,
    places: Arc<Semaphore>,
    /// Makes keys that nobody guesses, and that no other process of this server has.
    keys: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// How each is ended.
    ends: HashMap<Key, CancellationToken>,
    tasks: JoinSet<()>,
}

/// What a viewer is ended by; only its browser knows it.
pub(super) type Key = u64;

/// A browser that wants to watch.
struct Viewer {
    id: SessionId,
    key: Key,
    endpoints: Endpoints,
    offer: String,
    /// The fan-out lost it, or another session took over.
    interruption: oneshot::Receiver<Interruption>,
    /// The browser does not want to watch any more.
    end: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Viewers {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        let places = Arc::new(Semaphore::new(MOST_VIEWERS));
        Self { context, places, keys: RandomState::new(), inner: Mutex::default() }
    }

    /// Answers a browser's offer. One that offers a data channel is a client, which will report what it sees; any other
    /// just watches and is not counted.
    pub(super) async fn admit(
        self: &Arc<Self>,
        endpoints: Endpoints,
        offer: String,
    ) -> Result<(Key, String), Unavailable> {
        if self.context.stop.is_cancelled() {
            return Err(Unavailable::Ending);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Unavailable::Full)?;
        let (id, interruption) = self.context.sessions.open(endpoints.peer);
        let end = CancellationToken::new();
        let key = self.keys.hash_one(id);
        let viewer = Viewer { id, key, endpoints, offer, interruption, end: end.clone(), _place: place };
        let (reply, answer) = oneshot::channel();
        self.spawn(viewer, end, reply);
        let sdp = answer.await.unwrap_or(Err(Unavailable::Ending))?;
        Ok((key, sdp))
    }

    /// A task of its own: the browser may go while its request is being served.
    fn spawn(
        self: &Arc<Self>,
        viewer: Viewer,
        end: CancellationToken,
        reply: oneshot::Sender<Result<String, Unavailable>>,
    ) {
        let (key, viewers) = (viewer.key, Arc::clone(self));
        let mut inner = self.lock();
        inner.ends.insert(key, end);
        while inner.tasks.try_join_next().is_some() {}
        inner.tasks.spawn(async move {
            viewer.serve(&viewers.context, reply).await;
            viewers.lock().ends.remove(&key);
        });
    }

    /// Ends a viewer; false where there is none with this key, or no more.
    pub(super) fn end(&self, key: Key) -> bool {
        let end = self.lock().ends.remove(&key);
        end.inspect(CancellationToken::cancel).is_some()
    }

    /// Browsers that are here, counted or not.
    pub(crate) fn count(&self) -> usize {
        MOST_VIEWERS - self.places.available_permits()
    }

    /// Waits until all have ended, after `stop` was cancelled.
    pub(crate) async fn ended(&self) {
        let mut tasks = std::mem::take(&mut self.lock().tasks);
        while tasks.join_next().await.is_some() {}
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every operation leaves it whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Viewer {
    async fn serve(mut self, context: &Context, reply: oneshot::Sender<Result<String, Unavailable>>) {
        let is_client = media::offers_channel(&self.offer);
        let accepted = Instant::now();
        match self.answer(context).await {
            Ok(sdp) => {
                if is_client {
                    context.recorder.connected(self.id, self.endpoints.peer, accepted, Instant::now());
                }
                let how = match reply.send(Ok(sdp)) {
                    Ok(()) => self.watch(context).await,
                    Err(_) => Ended::Bye,
                };
                tracing::info!(viewer = self.id.0, peer = %self.endpoints.peer, ?how, "viewer closed");
                if is_client {
                    session::conclude(context, self.id, self.endpoints.peer, how).await;
                }
            }
            Err(error) => {
                if let Unavailable::Fanout(FanoutError::Panicked(_)) = &error {
                    context.recorder.refused(ErrorCode::Other, &error.to_string(), Instant::now());
                    tracing::error!(session = self.id.0, peer = %self.endpoints.peer, "{error}");
                }
                tracing::debug!(peer = %self.endpoints.peer, %error, "viewer refused");
                // A browser that is gone needs no answer.
                let _ = reply.send(Err(error));
            }
        }
        context.fanout.close(self.id);
        context.sessions.close(self.id);
    }

    async fn answer(&mut self, context: &Context) -> Result<String, Unavailable> {
        let addresses = context
            .advertised
            .media(self.endpoints.local.ip(), &context.ice_addresses)
            .map_err(|error| Unavailable::NotReachable(error.for_peers()))?;
        let offer = std::mem::take(&mut self.offer);
        let answer = context.fanout.accept(self.id, addresses, offer).await;
        Ok(answer.unwrap_or(Err(FanoutError::ShuttingDown))?)
    }

    /// Waits for the end.
    async fn watch(&mut self, context: &Context) -> Ended {
        tokio::select! {
            () = context.stop.cancelled() => Ended::Bye,
            () = self.end.cancelled() => Ended::Bye,
            why = &mut self.interruption => why.map_or(Ended::Lost, session::ended_by),
        }
    }
}
