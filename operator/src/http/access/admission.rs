//! Whether a request needs a token, by where it comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::{AUTHORIZATION, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderName};

/// Who has to show a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpAccess {
    /// Everybody.
    Token,
    /// Everybody but who connects from the pod itself, as `kubectl port-forward` does, and a proxy beside the operator may.
    #[default]
    Local,
    /// Nobody.
    Open,
}

/// The longest token that is read, in bytes. Those of service accounts have about 1,200; those of OpenID Connect, with many
/// groups, a few thousand.
const MAX_TOKEN: usize = 8 * 1024;

/// What a request needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission<'a> {
    /// Nothing more.
    Trusted,
    /// That somebody stands for this token.
    Token(&'a str),
    /// A token, of which it has none that could be one.
    NoToken,
}

/// What a request from `peer` with these headers needs.
pub(super) fn admission(access: HttpAccess, peer: IpAddr, headers: &HeaderMap) -> Admission<'_> {
    match access {
        HttpAccess::Open => Admission::Trusted,
        HttpAccess::Local if is_local(peer, headers) => Admission::Trusted,
        HttpAccess::Local | HttpAccess::Token => bearer(headers).map_or(Admission::NoToken, Admission::Token),
    }
}

/// Whether somebody in the pod's own network asks for himself. Not so where a proxy beside the operator passes on what
/// others ask for: that of a mesh comes from loopback too, from another address of it or with headers that say so. A plain reverse proxy says nothing of it: beside one it takes
/// [`HttpAccess::Token`]. Nor
/// where a browser was led here by a name: any page can have one that stands for 127.0.0.1, and would be read by it.
fn is_local(peer: IpAddr, headers: &HeaderMap) -> bool {
    let is_own = peer == IpAddr::V4(Ipv4Addr::LOCALHOST) || peer == IpAddr::V6(Ipv6Addr::LOCALHOST);
    is_own
        && !headers.keys().any(is_of_a_proxy)
        && headers.get_all(HOST).iter().all(|host| host.to_str().is_ok_and(is_no_name))
}

fn is_of_a_proxy(header: &HeaderName) -> bool {
    let name = header.as_str();
    matches!(name, "forwarded" | "via" | "x-real-ip")
        || ["x-forwarded-", "x-envoy-", "l5d-"].iter().any(|begin| name.starts_with(begin))
}

/// Whether a host is an address or `localhost`, neither of which somebody else can give a meaning to.
fn is_no_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

/// The token of the only header that may have one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let is_one = scheme.eq_ignore_ascii_case("bearer")
        && (1..=MAX_TOKEN).contains(&token.len())
        && !token.contains(' ');
    is_one.then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        pairs.collect::<Vec<(HeaderName, HeaderValue)>>().into_iter().fold(
            HeaderMap::new(),
            |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            },
        )
    }

    fn needs(access: HttpAccess, peer: &str, pairs: &[(&str, &str)]) -> String {
        format!("{:?}", admission(access, peer.parse().unwrap(), &headers(pairs)))
    }

    #[test]
    fn each_way_of_access_asks_for_what_it_says() {
        let token = ("authorization", "Bearer a.b.c");
        for (access, peer, pairs, expected) in [
            (HttpAccess::Open, "10.1.2.3", &[] as &[_], "Trusted"),
            (HttpAccess::Open, "10.1.2.3", &[token], "Trusted"),
            (HttpAccess::Local, "127.0.0.1", &[], "Trusted"),
            (HttpAccess::Local, "::1", &[token], "Trusted"),
            (HttpAccess::Local, "10.1.2.3", &[], "NoToken"),
            (HttpAccess::Local, "10.1.2.3", &[token], "Token(\"a.b.c\")"),
            (HttpAccess::Token, "127.0.0.1", &[], "NoToken"),
            (HttpAccess::Token, "127.0.0.1", &[token], "Token(\"a.b.c\")"),
        ] {
            assert_eq!(needs(access, peer, pairs), expected, "{access:?} {peer} {pairs:?}");
        }
    }

    #[test]
    fn what_comes_from_loopback_on_behalf_of_others_is_not_local() {
        let local = |peer: &str, pairs: &[_]| needs(HttpAccess::Local, peer, pairs) == "Trusted";
        // So a mesh's sidecar connects.
        assert!(!local("127.0.0.6", &[]));
        for header in [
            "Forwarded",
            "Via",
            "X-Forwarded-For",
            "X-Forwarded-Uri",
            "X-Real-IP",
            "X-Envoy-Attempt-Count",
            "l5d-client-id",
        ] {
            assert!(!local("127.0.0.1", &[(header, "a")]), "{header}");
        }
        assert!(local("127.0.0.1", &[("accept", "*/*"), ("user-agent", "curl/8")]));
    }

    #[test]
    fn a_page_of_another_host_is_led_nowhere_by_a_name_of_its_own() {
        let local = |host: &str| needs(HttpAccess::Local, "127.0.0.1", &[("host", host)]) == "Trusted";
        for host in [
            "127.0.0.1:8081",
            "127.0.0.1",
            "localhost:8081",
            "LOCALHOST.",
            "ballsession.localhost:8081",
            "[::1]:8081",
            "192.0.2.7:80",
        ] {
            assert!(local(host), "{host}");
        }
        for host in [
            "rebound.example:8081",
            "localhost.example",
            "127.0.0.1.example",
            "notlocalhost",
            "",
            "a b",
            "localhost:8081/x",
        ] {
            assert!(!local(host), "{host}");
        }
    }

    #[test]
    fn a_token_is_the_only_one_and_of_a_size() {
        let of = |pairs: &[_]| needs(HttpAccess::Token, "10.1.2.3", pairs);
        assert_eq!(of(&[("authorization", "bearer  t ")]), "Token(\"t\")");
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN + 1));
        for value in ["Basic dTpw", "Bearer", "Bearer ", "Bearer a b", "token", long.as_str()] {
            assert_eq!(of(&[("authorization", value)]), "NoToken", "{value}");
        }
        assert_eq!(of(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), "NoToken");
    }
}
