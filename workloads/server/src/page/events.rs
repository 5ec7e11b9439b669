//! Server-sent events: the numbers once a second, written once for all pages.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use report::Summary;
use report::post::worst_first;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;

use super::refusal::{Refusal, refused};
use crate::limits::Limits;
use crate::live::{LENGTH, Point, Trail};
use crate::recorder::Recorder;
use crate::views::Views;

/// Pages at a time: each holds a connection open.
const MOST_PAGES: usize = 16;

/// Rows in an event, the worst ones where there are more clients. The page gets all of them from `/status`.
const MOST_ROWS: usize = 100;

/// Seconds that each event repeats, for pages that missed some events.
const REPEATED: usize = 10;

/// What an open page gets first: the last minutes.
#[derive(Serialize)]
struct Past {
    points: Vec<Point>,
}

/// What it gets every second.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    connected: usize,
    without_media: usize,
    /// Of which `summary` has at most [`MOST_ROWS`].
    rows: usize,
    summary: Summary,
    /// What is asked for, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    objectives: Option<Limits>,
    points: Vec<Point>,
    trails: Vec<Trail>,
}

/// Makes the events and has them fetched.
pub(crate) struct Events {
    recorder: Arc<Recorder>,
    views: Arc<Views>,
    /// The newest update. A page that does not take it in time gets a later one instead.
    updates: watch::Sender<Bytes>,
    places: Arc<Semaphore>,
}

pub(super) fn router(events: &Arc<Events>) -> Router {
    Router::new().route("/events", get(subscribe)).with_state(Arc::clone(events))
}

impl Events {
    pub(crate) fn new(recorder: Arc<Recorder>, views: Arc<Views>) -> Self {
        let places = Arc::new(Semaphore::new(MOST_PAGES));
        Self { recorder, views, updates: watch::Sender::new(Bytes::new()), places }
    }

    /// Pages that are open.
    pub(crate) fn pages(&self) -> usize {
        MOST_PAGES - self.places.available_permits()
    }

    /// Records every second, and publishes an update where a page is open; for ever.
    pub(crate) async fn publish(&self) -> Infallible {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            second.tick().await;
            self.recorder.live().tick(Instant::now());
            if self.updates.receiver_count() == 0 {
                continue;
            }
            let (recorder, views) = (Arc::clone(&self.recorder), Arc::clone(&self.views));
            // With 1000 clients this takes 15 ms, half of it with the recorder locked: signalling must not wait for it.
            match tokio::task::spawn_blocking(move || update(&recorder, &views, Instant::now())).await {
                Ok(update) => drop(self.updates.send_replace(update)),
                Err(error) => tracing::error!("page event not published: {error}"),
            }
        }
    }

    fn past(&self) -> Bytes {
        event("past", &Past { points: self.recorder.live().points(LENGTH) })
    }
}

async fn subscribe(State(events): State<Arc<Events>>) -> Result<Response, Refusal> {
    let place = Arc::clone(&events.places).try_acquire_owned().map_err(|_| {
        let why = format!("{MOST_PAGES} pages are open already, and there is no room for more");
        refused(StatusCode::SERVICE_UNAVAILABLE, why)
    })?;
    let updates = stream::unfold((events.updates.subscribe(), place), async |(mut updates, place)| {
        updates.changed().await.ok()?;
        let update = updates.borrow_and_update().clone();
        Some((update, (updates, place)))
    });
    let body = stream::iter([events.past()]).chain(updates).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

fn update(recorder: &Recorder, views: &Views, now: Instant) -> Bytes {
    let view = views.current(now);
    let (presence, mut summary) = (view.presence, view.summary.clone());
    let rows = summary.clients.len();
    if rows > MOST_ROWS {
        summary.clients = worst_first(summary.clients);
        summary.clients.truncate(MOST_ROWS);
    }
    let (points, trails) = {
        let live = recorder.live();
        (live.points(REPEATED), live.trails())
    };
    let (connected, without_media) = (presence.connected, presence.without_media);
    let objectives = views.limits();
    event("update", &Update { connected, without_media, rows, summary, objectives, points, trails })
}

/// In the format of server-sent events; JSON without line breaks is one line of it.
fn event(name: &str, data: &impl Serialize) -> Bytes {
    // Cannot fail: all keys are strings.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests;
