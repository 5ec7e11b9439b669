//! By which names a program's pages may be asked for.
//!
//! Any page of the web can give its own name the address of this machine, and is then of the same origin as ours, as far as the
//! browser knows (DNS rebinding): it reads what we serve with its visitor's browser, from behind his firewall. The name in the
//! request is then that page's, which a browser lets nobody change. So an answer is given under names alone that nobody out there
//! can give a meaning to, and under those that were asked for.

use std::net::IpAddr;
use std::str::FromStr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Longer than any name that can be resolved.
const LONGEST: usize = 253;

/// Ends of names that are resolved on this machine or within a cluster: none of them is a top-level domain.
const ENDS_NOWHERE_ELSE: [&str; 3] = [".localhost", ".svc", ".svc.cluster.local"];

/// A name of a host, in small letters and without a dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = normal(text);
        let is_of_a_label = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        let is_label = |label: &str| !label.is_empty() && label.chars().all(is_of_a_label);
        let is_name = name.len() <= LONGEST && name.split('.').all(is_label);
        if is_name { Ok(Self(name)) } else { Err("must be the name of a host, without a port") }
    }
}

/// Whether all names in the request are ours. One without any is of no browser.
pub(super) fn are_ours(names: &[HostName], headers: &HeaderMap) -> bool {
    let is_ours = |host: &str| {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let host = normal(authority.host());
        is_nobodys(&host) || names.iter().any(|name| name.0 == host)
    };
    headers.get_all(header::HOST).iter().all(|host| host.to_str().is_ok_and(is_ours))
}

/// Lets a request through that names us by a name of ours.
pub(super) async fn check(State(names): State<Vec<HostName>>, request: Request, next: Next) -> Response {
    if are_ours(&names, request.headers()) {
        return next.run(request).await;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host: String = host.chars().filter(|character| !character.is_control()).take(LONGEST).collect();
    let why = format!(
        "{host:?} is no name of this program: it answers to addresses, localhost and names within a cluster, and to those that \
         --http-host gives it\n"
    );
    (StatusCode::MISDIRECTED_REQUEST, [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], why).into_response()
}

/// Whether the name, in its normal form, has no owner who could give it a meaning: an address, a name of one label, which
/// no domain has, or one with an end that is resolved nearby.
fn is_nobodys(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_name_nearby = !host.is_empty()
        && !host.contains(['[', ']', ':'])
        && (!host.contains('.') || ENDS_NOWHERE_ELSE.iter().any(|end| host.ends_with(end)));
    address.parse::<IpAddr>().is_ok() || is_name_nearby
}

fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn takes(host: &'static str) -> bool {
        let names = ["Media.Example.", "ball.example"].map(|name| name.parse().unwrap());
        are_ours(&names, &HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]))
    }

    #[test]
    fn what_nobody_can_own_and_what_was_given_is_taken() {
        for host in [
            "127.0.0.1:8081",
            "127.0.0.1",
            "192.0.2.7:80",
            "[::1]:8081",
            "[2001:db8::7]",
            "localhost:8081",
            "LOCALHOST.",
            "ball.localhost",
            "demo-server:8081",
            "demo-server.media.svc:8081",
            "demo-server.media.svc.cluster.local",
            "media.example:443",
            "Ball.Example.",
        ] {
            assert!(takes(host), "{host}");
        }
        assert!(are_ours(&[], &HeaderMap::new()), "no browser");
    }

    /// S10: a page of another site read all of it.
    #[test]
    fn a_name_that_somebody_else_can_own_is_not() {
        for host in [
            "rebound.example:8081",
            "127.0.0.1.example",
            "localhost.example",
            "media.example.evil.example",
            "xmedia.example",
            "svc.example",
            "evilsvc.cluster.local",
            "",
            ".",
            "a b",
            "localhost:8081/x",
            "[localhost]",
        ] {
            assert!(!takes(host), "{host}");
        }
        let two = ["localhost", "rebound.example"].map(|host| (header::HOST, HeaderValue::from_static(host)));
        let mut headers = HeaderMap::new();
        for (name, value) in two {
            headers.append(name, value);
        }
        assert!(!are_ours(&[], &headers), "one of two");
    }

    #[test]
    fn a_name_has_neither_port_nor_path() {
        assert!("media.example".parse::<HostName>().is_ok());
        for no_name in ["", ".", "a..b", "a:80", "http://a", "a/b", "a b", "*", &"a".repeat(LONGEST + 1)] {
            assert!(no_name.parse::<HostName>().is_err(), "{no_name}");
        }
    }
}
