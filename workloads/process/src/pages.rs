//! What the programs' pages for browsers have in common: files that are part of the binary, one stylesheet, and headers
//! that keep a page to its own host, so that it works, and stays harmless, where nothing else can be reached.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};

/// Scripts, styles, pictures and connections come from the page's own host; pictures and video also from the page itself.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Serves a file that is part of the binary; `content_type` as in the header of that name.
pub fn asset(content_type: &'static str, body: &'static str) -> MethodRouter {
    get(move || async move { (headers(content_type), body).into_response() })
}

/// The stylesheet of all pages, at `/style.css`.
pub fn stylesheet() -> Router {
    Router::new().route("/style.css", asset("text/css; charset=utf-8", include_str!("../assets/style.css")))
}

/// Whether a browser says that the request comes from a page of ours. A program that is no browser sends no `Origin`
/// and is let through: what is to be kept out are other sites' pages that use their visitor's browser.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(host) = headers.get(header::HOST) else { return false };
    origin.as_bytes().split(|byte| *byte == b'/').nth(2) == Some(host.as_bytes())
}

fn headers(content_type: &'static str) -> HeaderMap {
    let pairs = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A new version of the program has new files under the same names.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    pairs.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8081"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn only_foreign_pages_are_refused() {
        assert!(is_same_origin(&request(None)));
        assert!(is_same_origin(&request(Some("http://127.0.0.1:8081"))));
        for foreign in ["http://127.0.0.1:8080", "https://example.org", "null", ""] {
            assert!(!is_same_origin(&request(Some(foreign))), "{foreign}");
        }
    }

    #[test]
    fn an_asset_is_kept_to_its_host() {
        let headers = headers("text/html; charset=utf-8");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
    }
}
