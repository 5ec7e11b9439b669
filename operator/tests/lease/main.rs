//! The lease on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests are skipped, and say
//! so.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod contenders;
#[path = "../reporting/endpoint.rs"]
mod endpoint;
mod handover;
mod installation;
#[path = "../reporting/post.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod post;
#[allow(dead_code, reason = "another suite uses the rest")]
mod proxy;
mod replica;
mod takeover;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ballsession_operator::lease::{Lease, Timing};
use cluster::{Scratch, client};
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use contenders::{contend, give_to, holder, hurried, stored, until};

#[tokio::test]
async fn a_successor_starts_as_soon_as_the_lease_is_released() {
    let Some(client) = client("a_successor_starts_as_soon_as_the_lease_is_released").await else { return };
    let scratch = Scratch::create(&client).await;

    // Nobody's time runs out in this test.
    let timing = Timing { retry_every: Duration::from_millis(100), ..Timing::default() };
    let first = contend(&client, &scratch, "first", timing);
    first.held().await.unwrap();
    let second = contend(&client, &scratch, "second", timing);
    until("the second one sees the first", || {
        let waiting = second.waiting_for();
        waiting.is_some_and(|why| why.ends_with("operator: held by first"))
    })
    .await;
    assert_eq!((first.waiting_for(), first.without_leader()), (None, None));
    assert_eq!(second.without_leader(), None, "the first one leads");
    assert_eq!(holder(&client, &scratch).await.as_deref(), Some("first"));

    first.release().await;
    second.held().await.unwrap();
    let spec = stored(&client, &scratch).await.spec.unwrap();
    assert_eq!(
        (spec.holder_identity.as_deref(), spec.lease_transitions, spec.lease_duration_seconds),
        (Some("second"), Some(1), Some(15))
    );
    assert!(first.lost().await.to_string().ends_with("is lost: it was released"));
    assert!(first.held().await.is_err());

    second.release().await;
    assert_eq!(holder(&client, &scratch).await, None);
    scratch.delete().await;
}

#[tokio::test]
async fn of_many_that_start_at_once_one_holds_the_lease() {
    let Some(client) = client("of_many_that_start_at_once_one_holds_the_lease").await else { return };
    let scratch = Scratch::create(&client).await;
    let contenders: Vec<_> =
        (0..5).map(|n| contend(&client, &scratch, &format!("contender-{n}"), Timing::default())).collect();

    let mut others = Vec::new();
    until("all have seen the lease", || {
        others = contenders.iter().filter_map(Lease::waiting_for).collect();
        others.len() == 4 && others.iter().all(|why| why.contains("held by contender-"))
    })
    .await;
    let holder = holder(&client, &scratch).await.unwrap();
    assert!(others.iter().all(|why| why.ends_with(&format!("held by {holder}"))), "{others:?}");
    scratch.delete().await;
}

#[tokio::test]
async fn a_lease_that_somebody_else_took_is_lost() {
    let Some(client) = client("a_lease_that_somebody_else_took_is_lost").await else { return };
    let scratch = Scratch::create(&client).await;
    let timing = Timing { renew_every: Duration::from_millis(100), ..Timing::default() };
    let lease = contend(&client, &scratch, "first", timing);
    lease.held().await.unwrap();

    give_to(&client, &scratch, "thief").await;
    let lost = lease.lost().await.to_string();
    assert_eq!(lost, format!("the lease {}/operator is lost: it was taken by thief", scratch.name));
    assert!(lease.waiting_for().is_some() && lease.without_leader().is_some());
    // What is not ours is not released.
    lease.release().await;
    assert_eq!(holder(&client, &scratch).await.as_deref(), Some("thief"));
    scratch.delete().await;
}

#[tokio::test]
async fn the_lease_of_a_crashed_holder_is_taken_over() {
    let Some(client) = client("the_lease_of_a_crashed_holder_is_taken_over").await else { return };
    let scratch = Scratch::create(&client).await;
    let crashed = contend(&client, &scratch, "crashed", hurried());
    crashed.held().await.unwrap();
    drop(crashed);
    assert_eq!(holder(&client, &scratch).await.as_deref(), Some("crashed"));

    let successor = contend(&client, &scratch, "successor", hurried());
    successor.held().await.unwrap();
    assert_eq!(holder(&client, &scratch).await.as_deref(), Some("successor"));
    scratch.delete().await;
}

#[tokio::test]
async fn a_holder_that_gets_no_answers_gives_up() {
    let Some(client) = client("a_holder_that_gets_no_answers_gives_up").await else { return };
    let scratch = Scratch::create(&client).await;
    let silent = Arc::new(AtomicBool::new(false));
    let flaky = {
        let (client, silent) = (client.clone(), Arc::clone(&silent));
        let service = service_fn(move |request: http::Request<Body>| {
            let (client, silent) = (client.clone(), Arc::clone(&silent));
            async move {
                if silent.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
                client.send(request).await
            }
        });
        Client::new(service, "default")
    };
    let lease = contend(&flaky, &scratch, "cut-off", hurried());
    lease.held().await.unwrap();

    silent.store(true, Ordering::Relaxed);
    let lost = lease.lost().await.to_string();
    assert!(lost.contains("it could not be renewed for 2s: no answer within"), "{lost}");
    // Others still see it as held: they wait longer than its holder does.
    assert_eq!(holder(&client, &scratch).await.as_deref(), Some("cut-off"));
    scratch.delete().await;
}
