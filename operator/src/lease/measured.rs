//! Measures the requests of a client: by verb how long they took, and how many failed.

use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use tower::Service;

use crate::lease::metrics::Metrics;

/// Passes requests on, and counts what becomes of them.
#[derive(Clone)]
pub(super) struct Measured<S> {
    inner: S,
    metrics: Metrics,
}

impl<S> Measured<S> {
    pub(super) fn new(inner: S, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }
}

impl<S, A, B> Service<Request<A>> for Measured<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (method, metrics) = (request.method().clone(), self.metrics.clone());
        let attempt = Attempt { method, metrics, begun: Instant::now(), is_over: false };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answered = answer.await;
            attempt.over(answered.as_ref().ok());
            answered
        })
    }
}

/// A request under way. Whoever made it may stop waiting, and then this is dropped: that is counted as well.
struct Attempt {
    method: Method,
    metrics: Metrics,
    begun: Instant,
    is_over: bool,
}

impl Attempt {
    fn over<B>(mut self, answer: Option<&Response<B>>) {
        self.is_over = true;
        self.metrics.answered(&self.method, answer.map(Response::status), self.begun.elapsed());
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_over {
            self.metrics.given_up(&self.method, self.begun.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_verb_and_what_failed_of_them_by_code() {
        let mut registry = Registry::with_prefix("ballsession_operator");
        let metrics = Metrics::register(&mut registry);
        for (method, code) in [
            ("PATCH", Some(200)),
            ("PATCH", Some(409)),
            ("PATCH", None),
            ("POST", Some(403)),
            ("GET", Some(404)),
            ("GET", Some(503)),
            ("GET", Some(503)),
            ("BREW", Some(418)),
        ] {
            let api_server = service_fn(move |_: Request<()>| {
                let status = code.and_then(|code| StatusCode::from_u16(code).ok());
                let response = status.map(|status| {
                    let mut response = Response::new(());
                    *response.status_mut() = status;
                    response
                });
                std::future::ready(response.ok_or("no answer"))
            });
            let mut measured = Measured::new(api_server, metrics.clone());
            let request = Request::builder().method(method).body(()).unwrap();
            let answered = measured.ready().await.unwrap().call(request).await;
            assert_eq!(answered.ok().map(|answer| answer.status().as_u16()), code);
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "ballsession_operator_api_request_duration_seconds_count{verb=\"patch\"} 3",
            "ballsession_operator_api_request_duration_seconds_count{verb=\"get\"} 3",
            "ballsession_operator_api_request_duration_seconds_count{verb=\"delete\"} 0",
            "ballsession_operator_api_request_failures_total{verb=\"patch\",code=\"none\"} 1",
            "ballsession_operator_api_request_failures_total{verb=\"post\",code=\"403\"} 1",
            "ballsession_operator_api_request_failures_total{verb=\"get\",code=\"503\"} 2",
            "ballsession_operator_api_request_failures_total{verb=\"get\",code=\"none\"} 0",
            "ballsession_operator_api_request_failures_total{verb=\"other\",code=\"418\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        assert!(
            !text.contains("404") && !text.contains("409"),
            "what is not there, or was changed meanwhile, is no failure"
        );
    }
}
