//! Serves it.

use std::net::SocketAddr;
use std::sync::Arc;

use process::Http;

use crate::http::overview::Overview;
use crate::http::pages;

/// Serves health, status, metrics and the page at `address`, until the answer is dropped.
///
/// # Errors
/// Where nothing can listen at `address`.
pub async fn serve(address: SocketAddr, overview: Overview) -> anyhow::Result<Http> {
    let http = Http::serve(address, Arc::new(overview), pages::router()).await?;
    tracing::info!(address = %http.address(), "health, status and metrics");
    Ok(http)
}
