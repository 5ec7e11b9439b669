//! A watch that stays open although nothing comes of it any more.

use std::time::{Duration, Instant};

use cluster::{client, eventually};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams};

use crate::life::Life;
use crate::model::spec;
use crate::pods;
use crate::way::{Fault, Kind};
use crate::world::World;

const POD: &str = "replica-a";
/// Nobody else contends for it.
const LEASE: Duration = Duration::from_secs(60);
/// A watch is over after a minute, and one that is not is given up 3 s later.
const NOTICED: Duration = Duration::from_secs(75);

/// It was not noticed at all: each watch that kube gave up was followed by another one without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deaf_watch_is_noticed_and_left() {
    let Some(client) = client("a_deaf_watch_is_noticed_and_left").await else { return };
    let world = World::create(&client, &[POD]).await;
    let mut life = Life::begin(&world.installation, POD, LEASE).await;
    life.replica.wait_ready().await;
    world.create_session("harbor", &spec(1, false)).await;
    let pods: Api<Pod> = world.api();
    let client_pod = async || {
        let found = pods::list(&pods).await.into_iter().map(|(_, pod)| pod);
        found.into_iter().find(|pod| pod.is_live() && !pod.is_server()).ok_or("no client")
    };
    let first = eventually(Duration::from_secs(30), "a client", client_pod).await;
    let failing = async || match value(&life, "failing").await {
        1.0 => Ok(()),
        other => Err(other),
    };
    assert!(failing().await.is_err());

    // All connections end, and that watch is begun again.
    life.way.set_rule(|_, request| {
        let is_it = Kind::of(request) == Kind::Watch && request.uri().path().ends_with("/pods");
        if is_it { Fault::Deaf } else { Fault::None }
    });
    life.way.set_away(true);
    life.way.set_away(false);
    eventually(Duration::from_secs(20), "a deaf watch", async || {
        let is_deaf = life.way.asked().iter().any(|asked| asked.fault == Fault::Deaf);
        if is_deaf { Ok(()) } else { Err("none yet") }
    })
    .await;
    // That connections ended was a failure as well.
    let (deaf, before) = (Instant::now(), value(&life, "failures_total").await);
    pods.delete(&first.name, &DeleteParams::default()).await.unwrap();
    eventually(NOTICED, "it counts as failing", async || {
        if value(&life, "failures_total").await > before { failing().await } else { Err(before) }
    })
    .await;
    println!("noticed after {:?}", deaf.elapsed());

    // The next watch is none of those, and brings what happened meanwhile.
    life.way.set_rule(|_, _| Fault::None);
    let second = eventually(Duration::from_secs(30), "another client", async || {
        client_pod().await.and_then(|pod| if pod.uid == first.uid { Err("the first") } else { Ok(pod) })
    })
    .await;
    assert_eq!((first.index, second.index), (Some(0), Some(0)));
    eventually(Duration::from_secs(30), "the watch works", async || match value(&life, "failing").await {
        0.0 => Ok(()),
        other => Err(other),
    })
    .await;
    assert_eq!(life.replica.ready().await, Some(200));
    drop(life);
    world.delete().await;
}

/// What is measured of the watch of pods.
async fn value(life: &Life, what: &str) -> f64 {
    let series = format!("ballsession_operator_watch_{what}{{watch=\"pods\"}} ");
    eventually(Duration::from_secs(10), &series, async || {
        let metrics = life.replica.answer("/metrics", None).await.ok_or("no answer")?;
        let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
        line.and_then(|value| value.parse().ok()).ok_or("it is not measured")
    })
    .await
}
