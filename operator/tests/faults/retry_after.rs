//! An API server that asks for patience is given it.

use std::sync::Mutex;
use std::time::Duration;

use cluster::{client, eventually};
use http::StatusCode;
use hyper::body::Bytes;

use crate::life::Life;
use crate::model::spec;
use crate::way::{Asked, Fault, Kind};
use crate::world::World;

const POD: &str = "replica-a";
const LEASE: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(4);

/// What is asked for again: the operator's first write of a status, a list, and a watch.
fn is_busy_with(request: &http::Request<Bytes>) -> bool {
    let path = request.uri().path();
    match Kind::of(request) {
        Kind::Write => path.ends_with("/status"),
        Kind::Read => path.ends_with("/networkpolicies"),
        Kind::Watch => path.ends_with("/deployments"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_api_server_is_too_busy_for_is_asked_again_when_it_says() {
    let Some(client) = client("what_the_api_server_is_too_busy_for_is_asked_again_when_it_says").await else {
        return;
    };
    let world = World::create(&client, &[POD]).await;
    world.create_session("harbor", &spec(1, false)).await;
    let life = Life::begin(&world.installation, POD, LEASE).await;
    let told = Mutex::new(Vec::new());
    life.way.set_rule(move |_, request| {
        let (kind, mut told) = (Kind::of(request), told.lock().unwrap());
        if !is_busy_with(request) || told.contains(&kind) {
            return Fault::None;
        }
        told.push(kind);
        Fault::Busy(StatusCode::TOO_MANY_REQUESTS, PATIENCE.as_secs())
    });
    let asked = eventually(Duration::from_secs(60), "three that are asked for again", async || {
        let again = again(&life.way.asked());
        if again.len() == 3 { Ok(again) } else { Err(again) }
    })
    .await;
    for (what, after) in asked {
        println!("{what}: again after {after:?}");
        // What is repeated has to be on its way for a moment.
        let is_patient = after >= PATIENCE && after < PATIENCE + Duration::from_secs(4);
        assert!(is_patient, "{what}: again after {after:?}");
    }
    drop(life);
    world.delete().await;
}

/// Of each request that the API server was too busy for, after which time the same came again.
fn again(asked: &[Asked]) -> Vec<(String, Duration)> {
    let refused = asked.iter().enumerate().filter(|(_, asked)| matches!(asked.fault, Fault::Busy(..)));
    let again = refused.filter_map(|(number, refused)| {
        let next = asked[number + 1..].iter().find(|next| next.what == refused.what)?;
        Some((refused.what.clone(), next.at.duration_since(refused.at)))
    });
    again.collect()
}
