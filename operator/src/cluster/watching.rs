//! How anything is watched: for how long at a time, when a watch of which nothing comes is given up, and when the next attempt
//! follows. What kube's own watches lack of it is added here, around them.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use kube::api::Api;
use kube::client::{ClientBuilder, DynBody};
use kube::runtime::utils;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Config, Resource};
use serde::de::DeserializeOwned;
use tower::BoxError;
use tower::util::MapFutureLayer;

use crate::backoff::Backoff;

/// The API server ends each watch after so long, and it is begun anew where it was: that it does not end is how one is found
/// out of which nothing comes because the connection is dead. Load balancers drop those on which nothing came for 240 s.
const WATCH_SECONDS: u32 = 60;

/// A connection on which neither a change comes nor the end of the watch. Less than kube waits for an event, 5 s after that end:
/// it would begin another watch without a word, and nobody would know that nothing is heard.
const SILENCE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 3);

/// Between two attempts.
const RETRY: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(10) };
/// A watch that did not fail for so long is as good as one that never did.
const CALM: Duration = Duration::from_secs(60);
/// An API server that asks for more patience than that is asked again all the same.
const MOST_PATIENCE: Duration = Duration::from_secs(30);

/// What kube's client awaits.
type Answer = BoxFuture<'static, Result<Response<Box<DynBody>>, BoxError>>;

/// A client for watches: each attempt that fails is known at once, while kube's own would try again for minutes before it says
/// so, and is repeated no sooner than the API server asks for.
///
/// # Errors
/// Where `config` makes no sense.
pub fn watching_client(mut config: Config) -> kube::Result<Client> {
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    config.default_retry = false;
    let patient = MapFutureLayer::new(|answer: Answer| async {
        let answer = answer.await;
        if let Some(patience) = answer.as_ref().ok().and_then(retry_after) {
            tokio::time::sleep(patience).await;
        }
        answer
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&patient).build())
}

/// How long the API server asks to be left alone.
fn retry_after<B>(answer: &Response<B>) -> Option<Duration> {
    let is_busy = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let seconds = answer.headers().get(RETRY_AFTER).filter(|_| is_busy)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(MOST_PATIENCE))
}

/// How all watches are configured.
pub(super) fn config() -> watcher::Config {
    watcher::Config::default().timeout(WATCH_SECONDS)
}

/// Watches for as long as it is polled. What fails is tried again, after a pause.
pub(super) fn watched<K>(
    api: Api<K>,
    config: watcher::Config,
) -> impl Stream<Item = watcher::Result<Event<K>>> + Send
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let begin = move || -> BoxStream<'static, watcher::Result<Event<K>>> {
        watcher(api.clone(), config.clone()).boxed()
    };
    stream::unfold((begin(), begin), |(mut events, begin)| async move {
        let event = events.next().await?;
        if is_outdated(&event) {
            events = begin();
        }
        Some((event, (events, begin)))
    })
}

/// Whether the version is gone from which a watch was to go on. Kube lists anew where that is said by an event, and where it is
/// the answer to the request it asks for the same version for ever.
fn is_outdated<T>(event: &watcher::Result<T>) -> bool {
    matches!(event, Err(watcher::Error::WatchStartFailed(kube::Error::Api(status))) if status.code == 410)
}

/// The pauses between attempts. That one begins is no success: it may fail as the one before.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failures: u32,
    last: Option<Instant>,
}

impl Pauses {
    fn after(&mut self, now: Instant, random: f64) -> Duration {
        let is_calm = self.last.is_none_or(|last| now.saturating_duration_since(last) > CALM);
        self.failures = if is_calm { 1 } else { self.failures.saturating_add(1) };
        self.last = Some(now);
        RETRY.delay(self.failures, random)
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.after(Instant::now(), fastrand::f64()))
    }
}

impl utils::Backoff for Pauses {
    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests;
