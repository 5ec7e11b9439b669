//! The pictures over HTTP: one at a time, or a stream that replaces one by the next.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::{Semaphore, watch};

use crate::preview::Preview;

/// Streams at a time. They hold connections open, of which a program has few.
pub const MOST_VIEWERS: usize = 10;
/// Requests for one picture that wait for it at a time.
const MOST_WAITING: usize = 16;

/// How long a request for a single picture waits for it.
const PICTURE_LIMIT: Duration = Duration::from_secs(2);

/// Between two pictures of a stream. A browser shows a picture when it has seen what comes after it, so this goes out
/// with the picture before it, not with the one after.
const SEPARATOR: Bytes = Bytes::from_static(b"\r\n--picture\r\nContent-Type: image/png\r\n\r\n");

const STREAM: &str = "multipart/x-mixed-replace; boundary=picture";

#[derive(Clone)]
struct Pages {
    preview: Preview,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Preview {
    /// `/frame.png`, the next picture, and `/live`, a stream of all that are encoded, for up to [`MOST_VIEWERS`].
    pub fn router(&self) -> Router {
        let places = Arc::new(Semaphore::new(MOST_VIEWERS));
        let waiting = Arc::new(Semaphore::new(MOST_WAITING));
        Router::new().route("/frame.png", get(frame)).route("/live", get(live)).with_state(Pages {
            preview: self.clone(),
            places,
            waiting,
        })
    }
}

async fn frame(State(Pages { preview, waiting, .. }): State<Pages>) -> Response {
    // Who waits keeps a connection that others may need.
    let Ok(_waits) = waiting.try_acquire() else {
        return refusal(format!("no picture: {MOST_WAITING} others wait for one\n"));
    };
    let mut pictures = preview.watch();
    match tokio::time::timeout(PICTURE_LIMIT, pictures.changed()).await {
        Ok(Ok(())) => (headers("image/png"), pictures.borrow().clone()).into_response(),
        _ => refusal("no picture within 2 s: there is no video at the moment\n".into()),
    }
}

async fn live(State(Pages { preview, places, .. }): State<Pages>) -> Response {
    let Ok(place) = places.try_acquire_owned() else {
        return refusal(format!(
            "no picture: {MOST_VIEWERS} viewers are watching, and there is no room for more\n"
        ));
    };
    let pictures = stream::unfold((preview.watch(), place), async |(mut pictures, place)| {
        let picture = next(&mut pictures).await?;
        Some((picture, (pictures, place)))
    });
    let parts = pictures.flat_map(|picture| stream::iter([picture, SEPARATOR]));
    let body = stream::iter([SEPARATOR]).chain(parts).map(Ok::<_, Infallible>);
    (headers(STREAM), Body::from_stream(body)).into_response()
}

/// The next picture; those that came while the viewer took the one before are left out, except for the latest.
async fn next(pictures: &mut watch::Receiver<Bytes>) -> Option<Bytes> {
    pictures.changed().await.ok()?;
    Some(pictures.borrow_and_update().clone())
}

fn refusal(why: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

fn headers(content_type: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Other sites' pages may not show it: what is filmed is for those who can reach it.
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::encode;
    use crate::preview::tests::grey;

    async fn request(router: &Router, path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
    }

    async fn chunk(body: &mut Body) -> Bytes {
        body.frame().await.unwrap().unwrap().into_data().unwrap()
    }

    /// The grey of a picture, as luma.
    fn luma(png: &[u8]) -> u8 {
        let grey = f64::from(encode::decode(png).data[0]);
        (grey * 219.0 / 255.0 + 16.0).round() as u8
    }

    #[tokio::test]
    async fn a_single_picture_is_the_next_one() {
        let preview = Preview::start().unwrap();
        let router = preview.router();
        let picture = tokio::spawn(async move { request(&router, "/frame.png").await });
        while !preview.wants(Instant::now()) {
            tokio::task::yield_now().await;
        }
        preview.offer(grey(77).view(), None, Instant::now());
        let response = picture.await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        assert_eq!(luma(&response.into_body().collect().await.unwrap().to_bytes()), 77);
        assert_eq!(preview.watchers(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn without_video_a_single_picture_is_refused_in_time() {
        let preview = Preview::start().unwrap();
        let began = tokio::time::Instant::now();
        let response = request(&preview.router(), "/frame.png").await;
        assert_eq!(
            (response.status(), began.elapsed() < PICTURE_LIMIT * 2),
            (StatusCode::SERVICE_UNAVAILABLE, true)
        );
        assert_eq!(text(response).await, "no picture within 2 s: there is no video at the moment\n");
        assert_eq!(preview.watchers(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_wait_for_a_picture_and_no_more() {
        let preview = Preview::start().unwrap();
        let router = preview.router();
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let router = router.clone();
                tokio::spawn(async move { request(&router, "/frame.png").await })
            })
            .collect();
        while preview.watchers() < MOST_WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(text(request(&router, "/frame.png").await).await, "no picture: 16 others wait for one\n");
        for waited in waiting {
            assert!(text(waited.await.unwrap()).await.starts_with("no picture within 2 s"));
        }
    }

    #[tokio::test]
    async fn a_stream_is_picture_after_picture_and_a_slow_viewer_gets_the_latest() {
        let preview = Preview::start().unwrap();
        let response = request(&preview.router(), "/live").await;
        assert_eq!(response.headers()["content-type"], STREAM);
        let mut body = response.into_body();
        assert_eq!(chunk(&mut body).await, SEPARATOR);
        preview.offer(grey(50).view(), None, Instant::now());
        assert_eq!(luma(&chunk(&mut body).await), 50);
        assert_eq!(chunk(&mut body).await, SEPARATOR);
        for shade in [60, 70] {
            let before = preview.encoded();
            preview.offer(grey(shade).view(), None, Instant::now());
            while preview.encoded() == before {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(luma(&chunk(&mut body).await), 70);
        drop(preview);
        assert_eq!(chunk(&mut body).await, SEPARATOR);
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn viewers_are_bounded_and_leave_their_places_behind() {
        let preview = Preview::start().unwrap();
        let router = preview.router();
        let mut viewers = Vec::new();
        for _ in 0..MOST_VIEWERS {
            viewers.push(request(&router, "/live").await);
        }
        assert!(viewers.iter().all(|viewer| viewer.status() == StatusCode::OK));
        let refused = request(&router, "/live").await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            text(refused).await,
            "no picture: 10 viewers are watching, and there is no room for more\n"
        );
        assert_eq!(preview.watchers(), MOST_VIEWERS);
        viewers.pop();
        assert_eq!(preview.watchers(), MOST_VIEWERS - 1);
        assert_eq!(request(&router, "/live").await.status(), StatusCode::OK);
        drop(viewers);
        assert_eq!(preview.watchers(), 0);
    }
}
