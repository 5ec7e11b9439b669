//! Serves it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use kube::Client;
use process::Http;

use crate::http::access::{Access, HttpAccess};
use crate::http::api_server::ApiServer;
use crate::http::metrics::Metrics;
use crate::http::overview::Overview;
use crate::http::parts::Doubt;
use crate::http::routes;
use crate::http::site::Site;

/// Serves health, status, metrics, verdicts and the page at `address`, until the answer is dropped. Who may see what is up to
/// `access`; the API server is asked by `client`. Where there is `doubt` about a session no verdict is given that somebody goes on by.
///
/// # Errors
/// Where nothing can listen at `address`.
pub async fn serve(
    address: SocketAddr,
    access: HttpAccess,
    client: Client,
    overview: Overview,
    doubt: Doubt,
    metrics: Metrics,
) -> anyhow::Result<Http> {
    let api_server: Arc<dyn ApiServer> = Arc::new(client);
    let now = Instant::now();
    let checks = Access::new(access, Arc::clone(&api_server), metrics, now);
    let site = Site::new(Arc::new(overview), checks, doubt, api_server, now);
    let http = Http::serve_routes(address, routes::routes(&site)).await?;
    tracing::info!(address = %http.address(), ?access, "health, status and metrics");
    Ok(http)
}
