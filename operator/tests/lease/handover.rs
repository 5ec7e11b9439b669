//! Reports while the leader is replaced: what was answered 202 is in the status in the end, and only who leads answers so.

use std::time::Duration;

use cluster::client;
use rustix::process::Signal;

use crate::installation::{Installation, eventually, within};
use crate::post;
use crate::replica::{Replica, code};

const PODS: [&str; 2] = ["replica-a", "replica-b"];
const LEASE: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_leader_takes_posts_and_none_that_it_took_is_lost() {
    let test = "only_the_leader_takes_posts_and_none_that_it_took_is_lost";
    let Some(client) = client(test).await else { return };
    let installation = Installation::build(&client, &PODS).await;
    let mut frozen = Replica::start(&installation.account, PODS[0], LEASE).await;
    installation.wait_leader("a leader", PODS[0], 10).await;
    let successor = Replica::start(&installation.account, PODS[1], LEASE).await;
    let (token, authorities) = (installation.server_token().await, installation.authorities().await);
    // Cumulative, as a sender's are.
    let report = |sequence: u64| post::server(0, sequence, sequence * 100, 0);

    let refused = successor
        .post(&authorities, &token, &report(1))
        .await
        .expect("an answer, and the end of the connection");
    assert!(code(&refused) == Some(503) && refused.contains("retry-after: 1\r\n"), "{refused}");
    eventually("the leader takes a post", async || {
        let answer = frozen.post(&authorities, &token, &report(1)).await?;
        (code(&answer) == Some(202)).then_some(())
    })
    .await;
    eventually("it is in the status", async || {
        matched(&installation).await.filter(|matched| *matched == 100)
    })
    .await;

    frozen.signal(Signal::STOP);
    // The system still takes connections for it: this one waits until it goes on.
    let waiting = frozen.waiting_post(&token, &report(50)).await;
    let mut sequence = 1;
    within(LEASE + Duration::from_secs(2), "another one takes posts", async || {
        sequence += 1;
        let answer = successor.post(&authorities, &token, &report(sequence)).await?;
        (code(&answer) == Some(202)).then_some(())
    })
    .await;
    let taken = sequence * 100;
    installation.wait_leader("another leader", PODS[1], 5).await;
    frozen.signal(Signal::CONT);
    let answer = waiting.answer().await;
    assert_ne!(answer.as_deref().and_then(code), Some(202), "it was taken by one that leads no more");
    frozen.ended().await;
    eventually("the last one that was taken is in the status", async || {
        matched(&installation).await.filter(|matched| *matched == taken)
    })
    .await;
    installation.delete().await;
}

/// The frames that the status says were matched.
async fn matched(installation: &Installation) -> Option<u64> {
    installation.status().await["measurements"]["frames"]["matched"].as_u64()
}
