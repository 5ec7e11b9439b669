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

/// Whether a browser says that the request comes from a page of ours. A program that is no browser says nothing and is let
/// through: what is to be kept out are other sites' pages that use their visitor's browser. Those can set neither header.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    // The browser's own word (Fetch Metadata), which holds behind proxies too; it says it where the page came over https
    // or from this machine.
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
    let Some((origin, host)) = text(origin).zip(headers.get(header::HOST).and_then(text)) else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    without_default_port(scheme, authority) == without_default_port(scheme, &host)
}

/// Host and port as they are compared: 80 and 443 need not be said, and a name may end with a dot (RFC 3986, section 6.2.3).
fn without_default_port<'a>(scheme: &str, authority: &'a str) -> (&'a str, Option<&'a str>) {
    let default = match scheme {
        "https" => "443",
        _ => "80",
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    (host.strip_suffix('.').unwrap_or(host), port.filter(|port| !port.is_empty() && *port != default))
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

    fn request(host: &'static str, others: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = [("host", host)].into_iter().chain(others.iter().copied());
        pairs.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_foreign_pages_are_refused() {
        let from = |host, origin| is_same_origin(&request(host, &[("origin", origin)]));
        assert!(is_same_origin(&request("127.0.0.1:8081", &[])));
        for (host, own) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("[::1]:8081", "http://[::1]:8081"),
            ("server.example", "http://server.example:80"),
            ("server.example:443", "https://server.example"),
            ("Server.Example.", "https://server.example:443"),
        ] {
            assert!(from(host, own), "{host} {own}");
        }
        for foreign in
            ["http://127.0.0.1:8080", "https://example.org", "null", "", "http://", "127.0.0.1:8081"]
        {
            assert!(!from("127.0.0.1:8081", foreign), "{foreign}");
        }
        assert!(!from("server.example:443", "http://server.example"));
        assert!(!from("[::1]", "http://[::2]"));
    }

    /// S10: a proxy asks under another name than the browser.
    #[test]
    fn what_the_browser_says_of_the_site_counts() {
        let says = |site| {
            let headers = [("origin", "https://media.example"), ("sec-fetch-site", site)];
            is_same_origin(&request("10.0.0.7:8081", &headers))
        };
        assert!(says("same-origin"));
        assert!(["cross-site", "same-site"].iter().all(|site| !says(site)));
    }

    #[test]
    fn an_asset_is_kept_to_its_host() {
        let headers = headers("text/html; charset=utf-8");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
    }
}
