//! The page for people: the live picture, and the numbers of `/status`.

use axum::Router;
use process::pages::{asset, stylesheet};

/// The page at `/`, and the files that it consists of.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", asset("text/html; charset=utf-8", include_str!("../assets/index.html")))
        .route("/client.js", asset("text/javascript; charset=utf-8", include_str!("../assets/client.js")))
        .route("/stats.js", asset("text/javascript; charset=utf-8", include_str!("../assets/stats.js")))
        .route("/client.css", asset("text/css; charset=utf-8", include_str!("../assets/client.css")))
        .merge(stylesheet())
}
