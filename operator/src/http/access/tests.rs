//! Who gets what, and what that costs the API server.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, header};

use super::checks::{ACCEPTED, ACCEPTED_AT_MOST, NAMESPACES, REFUSED};
use super::*;
use crate::http::Metrics;
use crate::http::testing::FakeApiServer;

fn access(api_server: &Arc<FakeApiServer>, start: Instant) -> Access {
    Access::new(HttpAccess::Token, Arc::clone(api_server) as _, Metrics::default(), start)
}

fn source(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, number))
}

fn bearer(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    [(header::AUTHORIZATION, value)].into_iter().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn shared(names: &[&str]) -> Arc<BTreeSet<String>> {
    Arc::new(set(names))
}

#[tokio::test]
async fn somebody_is_known_for_a_while_by_his_token() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper"]);
    let access = access(&server, start);
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    for (second, reviews) in [(0, 1), (1, 1), (59, 1), (ACCEPTED.as_secs(), 2)] {
        let visitor = access.visitor(source(1), &bearer("keeper"), at(second)).await;
        assert!(matches!(visitor, Ok(Visitor::User(_))), "{visitor:?}");
        assert_eq!(server.asked(), [reviews, 0, 0], "after {second} s");
    }
    assert!(matches!(access.visitor(source(1), &HeaderMap::new(), at(0)).await, Err(Refusal::NoToken)));
    assert_eq!(server.asked(), [2, 0, 0], "no token costs nothing");
}

#[tokio::test]
async fn a_refused_token_is_refused_for_a_while_without_asking_again() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper"]);
    let access = access(&server, start);
    for (second, reviews) in [(0, 1), (9, 1), (REFUSED.as_secs(), 2)] {
        let visitor = access.visitor(source(1), &bearer("junk"), start + Duration::from_secs(second)).await;
        assert!(matches!(visitor, Err(Refusal::BadToken)), "{visitor:?}");
        assert_eq!(server.asked(), [reviews, 0, 0], "after {second} s");
    }
}

#[tokio::test]
async fn a_token_for_this_port_alone_counts_where_the_api_server_says_that_it_is_one() {
    let start = Instant::now();
    // Its payload is {"aud":["ballsession.dev/http"]}.
    let token = "e30.eyJhdWQiOlsiYmFsbHNlc3Npb24uZGV2L2h0dHAiXX0.c2ln";
    let server = FakeApiServer::new(&[token]);
    for (knows_audiences, is_let_in) in [(true, true), (false, false)] {
        server.knows_audiences.store(knows_audiences, Ordering::Relaxed);
        let visitor = access(&server, start).visitor(source(1), &bearer(token), start).await;
        assert_eq!(visitor.is_ok(), is_let_in, "{visitor:?}");
    }
}

#[tokio::test]
async fn junk_of_one_source_costs_little_and_takes_nothing_from_others() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper"]);
    let access = access(&server, start);
    let mut limited = 0;
    for number in 0..10_000 {
        let now = start + Duration::from_millis(number);
        match access.visitor(source(66), &bearer(&format!("junk-{number}")), now).await {
            Err(Refusal::BadToken) => {}
            Err(Refusal::TooMany(_)) => limited += 1,
            other => panic!("{other:?}"),
        }
    }
    let [reviews, ..] = server.asked();
    assert!((25..=30).contains(&reviews), "{reviews} in 10 s");
    assert_eq!(reviews + limited, 10_000);
    let now = start + Duration::from_secs(10);
    assert!(access.visitor(source(1), &bearer("keeper"), now).await.is_ok());
    // By many sources it is as many as there may be of all.
    for number in 0..10_000_u32 {
        let from = IpAddr::V4((0x0a01_0000 + number).into());
        let _ = access.visitor(from, &bearer(&format!("more-{number}")), now).await;
    }
    assert!(server.asked()[0] <= reviews + 41, "{:?}", server.asked());
}

#[tokio::test]
async fn a_right_is_asked_for_once_in_a_while_and_named_where_it_is_missing() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper", "prometheus"]);
    server.grant("prometheus get /metrics");
    let access = access(&server, start);
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    let require = async |who: &str, second: u64| {
        let visitor = access.visitor(source(1), &bearer(who), at(second)).await.unwrap();
        access.require(&visitor, Right::ReadMetrics, at(second)).await
    };
    assert_eq!(require("prometheus", 0).await, Ok(()));
    let missing = "keeper has no right to get the path /metrics";
    assert_eq!(require("keeper", 0).await.unwrap_err().to_string(), missing);
    assert_eq!(server.asked(), [2, 2, 0]);
    // What is changed counts once the answer is too old.
    server.grant("keeper get /metrics");
    server.withdraw("prometheus get /metrics");
    assert!(require("keeper", 9).await.is_err() && require("prometheus", 59).await.is_ok());
    assert_eq!(server.asked()[1], 2);
    assert!(require("keeper", REFUSED.as_secs()).await.is_ok());
    assert!(require("prometheus", ACCEPTED.as_secs()).await.is_err());
    assert_eq!(server.asked()[1], 4);
}

#[tokio::test]
async fn who_may_not_list_all_sees_the_namespaces_that_he_may() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["admin", "keeper", "eve"]);
    for right in ["admin list *", "keeper list lighthouse", "keeper list empty"] {
        server.grant(right);
    }
    let access = access(&server, start);
    let visible = async |who: &str| {
        let visitor = access.visitor(source(1), &bearer(who), start).await.unwrap();
        access.visible(&visitor, || shared(&["harbor", "lighthouse"]), start).await
    };
    assert_eq!(visible("admin").await, Ok(Visible::All));
    let seen = visible("keeper").await.unwrap();
    assert_eq!(seen, Visible::In { namespaces: set(&["lighthouse"]), is_cut: false });
    assert!(seen.includes(Some("lighthouse")) && !seen.includes(Some("harbor")) && !seen.includes(None));
    let said = visible("eve").await.unwrap_err().to_string();
    assert_eq!(
        said,
        "eve has no right to list ballsessions.ballsession.dev in all namespaces, nor in one that has any"
    );
    let asked = server.asked();
    assert!(visible("keeper").await.is_ok() && visible("eve").await.is_err());
    assert_eq!(server.asked(), asked, "all of it is known");
    let trusted = access.visible(&Visitor::Trusted, || panic!("nothing is asked"), start).await;
    assert_eq!(trusted, Ok(Visible::All));
}

#[tokio::test]
async fn of_very_many_namespaces_some_are_asked_about_and_the_answer_says_so() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper"]);
    server.grant("keeper list n-000");
    let access = access(&server, start);
    let visitor = access.visitor(source(1), &bearer("keeper"), start).await.unwrap();
    let many = || Arc::new((0..200).map(|number| format!("n-{number:03}")).collect());
    let seen = access.visible(&visitor, many, start).await.unwrap();
    assert!(seen.includes(Some("n-000")) && seen.is_cut());
    assert_eq!(server.asked(), [1, 1 + NAMESPACES, 0]);
    // That there is nothing for him to see was not found out.
    server.withdraw("keeper list n-000");
    server.grant("keeper list n-150");
    let later = start + ACCEPTED;
    let visitor = access.visitor(source(1), &bearer("keeper"), later).await.unwrap();
    let said = access.visible(&visitor, many, later).await.unwrap_err().to_string();
    let ending = "nor in the first 64 of the 200 that have any, and no further one was looked into: ?namespace=NAME asks for one";
    assert!(said.ends_with(ending), "{said}");
    let one = async |name: &str| access.visible_in(&visitor, name.to_owned(), later).await;
    assert_eq!(one("n-150").await, Ok(Visible::In { namespaces: set(&["n-150"]), is_cut: false }));
    let said = one("n-151").await.unwrap_err().to_string();
    assert!(said.ends_with("list ballsessions.ballsession.dev in the namespace n-151"), "{said}");
}

#[tokio::test]
async fn without_the_api_server_nobody_new_is_let_in_and_nothing_is_remembered() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper"]);
    server.grant("keeper get /metrics");
    let access = access(&server, start);
    let known = access.visitor(source(1), &bearer("keeper"), start).await.unwrap();
    server.set_down(true);
    assert!(matches!(access.visitor(source(1), &bearer("other"), start).await, Err(Refusal::Unavailable(_))));
    let required = access.require(&known, Right::ReadMetrics, start).await;
    assert!(matches!(required, Err(Refusal::Unavailable(_))), "{required:?}");
    server.set_down(false);
    assert!(matches!(access.visitor(source(1), &bearer("other"), start).await, Err(Refusal::BadToken)));
    assert_eq!(access.require(&known, Right::ReadMetrics, start).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_long_and_who_waits_for_rights_keeps_nobody_from_being_known() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["keeper", "other"]);
    let access = Arc::new(access(&server, start));
    let keeper = access.visitor(source(1), &bearer("keeper"), start).await.unwrap();
    server.set_hangs_on_rights(true);
    let asked_at = tokio::time::Instant::now();
    // More than may ask at a time.
    let waiting: Vec<_> = (0..100)
        .map(|number| {
            let (access, keeper) = (Arc::clone(&access), keeper.clone());
            let right = Right::GetSession { namespace: "lighthouse".into(), name: format!("s-{number}") };
            tokio::spawn(async move { access.require(&keeper, right, start).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let headers = bearer("other");
    let other =
        tokio::time::timeout(Duration::from_secs(1), access.visitor(source(2), &headers, start)).await;
    assert!(matches!(other, Ok(Ok(Visitor::User(_)))), "{other:?}");
    for refused in waiting {
        let refused = tokio::time::timeout(Duration::from_secs(60), refused).await;
        assert!(matches!(refused, Ok(Ok(Err(Refusal::Unavailable(_))))), "{refused:?}");
    }
    let seen = access.visible(&keeper, || shared(&["harbor"]), start).await;
    assert!(matches!(seen, Err(Refusal::Unavailable(_))), "{seen:?}");
    assert_eq!(asked_at.elapsed().as_secs(), 10, "5 s each time");
    server.set_hangs_on_rights(false);
    server.grant("keeper get /metrics");
    assert_eq!(access.require(&keeper, Right::ReadMetrics, start).await, Ok(()), "the permits are back");
}

#[tokio::test]
async fn who_is_known_goes_on_while_others_ask_without_end() {
    let start = Instant::now();
    let server = FakeApiServer::new(&["prometheus"]);
    server.grant("prometheus get /metrics");
    let access = access(&server, start);
    let scrape = async |from: u8, now: Instant| {
        let visitor = access.visitor(source(from), &bearer("prometheus"), now).await?;
        access.require(&visitor, Right::ReadMetrics, now).await
    };
    // Five sources have as much together as there is for all; a few more leave nothing.
    let drain = async |now: Instant| {
        for number in 0..200_u32 {
            let from = IpAddr::V4((0x0a01_0000 + number % 20).into());
            let junk = format!("junk-{number}-{}", now.duration_since(start).as_secs());
            let _ = access.visitor(from, &bearer(&junk), now).await;
        }
        let new = access.visitor(source(99), &bearer("new"), now).await;
        assert!(matches!(new, Err(Refusal::TooMany(_))), "there is nothing left: {new:?}");
    };
    assert_eq!(scrape(1, start).await, Ok(()));
    for seconds in [ACCEPTED.as_secs(), 120, ACCEPTED_AT_MOST.as_secs() - 1] {
        let now = start + Duration::from_secs(seconds);
        drain(now).await;
        assert_eq!(scrape(1, now).await, Ok(()), "after {seconds} s");
    }
    let late = start + ACCEPTED_AT_MOST;
    drain(late).await;
    assert!(
        matches!(scrape(1, late).await, Err(Refusal::TooMany(_))),
        "a former answer does not count for good"
    );
    // Once there is room it is asked for anew.
    let later = late + Duration::from_secs(60);
    server.withdraw("prometheus get /metrics");
    assert!(matches!(scrape(1, later).await, Err(Refusal::Forbidden { .. })));
    // Who has asked too much himself is told so.
    let last = later + ACCEPTED_AT_MOST;
    assert!(access.visitor(source(2), &bearer("prometheus"), last).await.is_ok());
    let stale = last + ACCEPTED;
    for number in 0..10 {
        let _ = access.visitor(source(2), &bearer(&format!("own-{number}")), stale).await;
    }
    assert!(matches!(
        access.visitor(source(2), &bearer("prometheus"), stale).await,
        Err(Refusal::TooMany(_))
    ));
}
