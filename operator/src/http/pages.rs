//! The page of all sessions, for browsers: it reads `/status` every few seconds and changes nothing.

use axum::Router;
use process::pages::{asset, stylesheet};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page at `/`.
pub(super) fn page() -> Router {
    Router::new().route("/", asset(HTML, include_str!("../../assets/index.html")))
}

/// The files that it consists of. They are the same for everybody, and say nothing of any session.
pub(super) fn files() -> Router {
    Router::new()
        .route("/sessions.css", asset(CSS, include_str!("../../assets/sessions.css")))
        .route("/sessions.js", asset(SCRIPT, include_str!("../../assets/sessions.js")))
        .route("/rows.js", asset(SCRIPT, include_str!("../../assets/rows.js")))
        .route("/table.js", asset(SCRIPT, include_str!("../../assets/table.js")))
        .route("/copy.js", asset(SCRIPT, include_str!("../../assets/copy.js")))
        .route("/map.css", asset(CSS, include_str!("../../assets/map.css")))
        .route("/map.js", asset(SCRIPT, include_str!("../../assets/map.js")))
        .route("/nodes.js", asset(SCRIPT, include_str!("../../assets/nodes.js")))
        .route("/severity.js", asset(SCRIPT, include_str!("../../assets/severity.js")))
        .route("/verdict.js", asset(SCRIPT, include_str!("../../assets/verdict.js")))
        .route("/words.js", asset(SCRIPT, include_str!("../../assets/words.js")))
        .merge(stylesheet())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use http::{Request, StatusCode, header};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = page().merge(files()).oneshot(request).await.unwrap();
        let content_type =
            response.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let (status, body) = (response.status(), response.into_body().collect().await.unwrap().to_bytes());
        (status, content_type.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
    }

    /// The files beside it that a file names in quotes.
    fn named(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('"').map(|quoted| quoted.trim_start_matches("./"));
        quoted.filter(|name| (name.ends_with(".js") || name.ends_with(".css")) && !name.contains(' '))
    }

    #[tokio::test]
    async fn every_file_that_the_page_asks_for_is_there() {
        let mut seen = BTreeSet::new();
        let mut open = vec![String::new()];
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let path = format!("/{name}");
            let (status, content_type, text) = get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let expected = match path.rsplit_once('.') {
                Some((_, "js")) => SCRIPT,
                Some((_, "css")) => CSS,
                _ => HTML,
            };
            assert_eq!(content_type, expected, "{path}");
            // Where there is no way out, nothing from elsewhere would come.
            assert!(!text.contains("https://") && !text.contains("innerHTML"), "{path}");
            open.extend(named(&text).map(str::to_owned));
        }
        assert_eq!(seen.len(), 13, "{seen:?}");
    }
}
