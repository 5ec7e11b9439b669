//! What is served where, and to whom: health to everybody, all else to who may see it.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use process::{Endpoints, StatusSource, health_routes, metrics_answer};

use crate::http::access::{Refusal, Right, Visible, Visitor};
use crate::http::site::Site;
use crate::http::{pages, verdicts};
use crate::kube_names::is_dns_label;

/// All routes. Whoever serves them says who is at the other end of a connection, as an extension.
pub(super) fn routes(site: &Site) -> Router {
    let pages = Router::<Site>::new()
        .route("/status", get(status))
        .merge(pages::page().with_state(()))
        .route_layer(from_fn_with_state(site.clone(), admit_to_pages));
    // A browser asks for the page's files without the namespace that the page is about.
    let guarded = pages
        .merge(pages::files().with_state(()))
        .route("/metrics", get(metrics))
        .merge(verdicts::router())
        .route_layer(from_fn_with_state(site.clone(), admit))
        .with_state(site.clone());
    let source: Arc<dyn StatusSource> = Arc::clone(&site.overview) as _;
    health_routes(source).merge(guarded)
}

/// Finds out who asks.
async fn admit(State(site): State<Site>, mut request: Request, next: Next) -> Result<Response, Refusal> {
    let Some(Endpoints { peer, .. }) = request.extensions().get().copied() else {
        return Err(Refusal::Unavailable("it is not known who asks".into()));
    };
    let visitor = site.access.visitor(peer.ip(), request.headers(), Instant::now()).await?;
    request.extensions_mut().insert(visitor);
    Ok(next.run(request).await)
}

/// Finds out which sessions somebody may see who wants to see all.
async fn admit_to_pages(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let now = Instant::now();
    let visible = match namespace(request.uri().query().unwrap_or_default()) {
        Some(namespace) if !is_dns_label(&namespace) => {
            let text = format!("namespace is {namespace:?}: it must be the name of one\n");
            return Ok((StatusCode::BAD_REQUEST, text).into_response());
        }
        Some(namespace) => site.access.visible_in(&visitor, namespace, now).await?,
        None => {
            let namespaces = || site.namespaces.at(now, || site.overview.namespaces());
            site.access.visible(&visitor, namespaces, now).await?
        }
    };
    request.extensions_mut().insert(visible);
    Ok(next.run(request).await)
}

/// The one that somebody wants to see alone.
fn namespace(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == "namespace").map(|(_, namespace)| namespace.into_owned())
}

async fn status(State(site): State<Site>, Extension(visible): Extension<Visible>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    site.overview.status_for(&visible).map_or_else(failed, |body| (headers, body).into_response())
}

async fn metrics(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    request: HeaderMap,
) -> Result<Response, Refusal> {
    site.access.require(&visitor, Right::ReadMetrics, Instant::now()).await?;
    Ok(site.overview.metrics().map_or_else(failed, |text| metrics_answer(&request, text)))
}

fn failed(error: impl std::fmt::Display) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}

#[cfg(test)]
mod tests;
