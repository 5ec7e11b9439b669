//! The page for people: live numbers, charts, the ball's path, and the video itself.
//!
//! ```text
//! recorder --once a second--> events (one JSON for all pages) --SSE--> browsers
//! fan-out <--offer, answer, end-- whep <--POST, DELETE--------------'
//! ```
//! What a browser does or fails to do delays nothing: events that it does not take are left out, and everything that it
//! can occupy is bounded.

mod assets;
mod events;
mod refusal;
#[cfg(test)]
mod testing;
mod viewers;
mod whep;

use std::sync::Arc;

use axum::Router;

pub(crate) use events::Events;
pub(crate) use viewers::Viewers;

/// The page, its events, and WHEP.
pub(crate) fn router(events: &Arc<Events>, viewers: &Arc<Viewers>) -> Router {
    assets::router().merge(events::router(events)).merge(whep::router(viewers))
}
