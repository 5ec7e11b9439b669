//! A leader that is cut off while it works, in each way in which that happens: another one takes over, and they never write both.

use std::time::Duration;

use cluster::{client, eventually};
use crds::BallSession;
use fastrand::Rng;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::life::{Life, Written, overlapping};
use crate::model::spec;
use crate::pods;
use crate::way::{Fault, Way};
use crate::world::World;

const PODS: [&str; 2] = ["replica-a", "replica-b"];
const LEASE: Duration = Duration::from_secs(4);
const SESSIONS: [&str; 4] = ["beacon", "buoy", "harbor", "pier"];

type CutOff = fn(&Way);

/// How it is cut off.
const WAYS: [(&str, CutOff); 3] = [
    ("everything is carried out, and no answer comes", |way| way.set_rule(|_, _| Fault::AnswerLost)),
    ("nobody answers", |way| way.set_rule(|_, _| Fault::HalfOpen)),
    ("nobody is there", |way| way.set_away(true)),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_is_lost_while_reconciling_leaves_one_pod_for_each_client() {
    let test = "a_lease_that_is_lost_while_reconciling_leaves_one_pod_for_each_client";
    let Some(client) = client(test).await else { return };
    let world = World::create(&client, &PODS).await;
    for name in SESSIONS {
        world.create_session(name, &spec(1, false)).await;
    }
    let mut leading = Life::begin(&world.installation, PODS[0], LEASE).await;
    leading.replica.wait_ready().await;
    let mut standby = Life::begin(&world.installation, PODS[1], LEASE).await;
    standby.replica.wait_ready().await;
    let (mut random, mut written) = (Rng::with_seed(20), Vec::new());
    let pods: Api<Pod> = world.api();

    for (how, cut_off) in WAYS {
        // Sessions have all their servers started, so that clients are made and taken away.
        for _ in 0..40 {
            change(&world, &mut random).await;
            for (_, pod) in pods::list(&pods).await.iter().filter(|(_, pod)| pod.is_server()) {
                pods::set(&pods, pod, pods::Phase::Ready).await;
            }
        }
        assert!(!leading.replica.proxy.writes().is_empty(), "{how}: it does not lead");
        cut_off(&leading.way);
        eventually(LEASE + Duration::from_secs(4), how, async || {
            change(&world, &mut random).await;
            standby.replica.proxy.writes().first().cloned().ok_or("nobody else writes")
        })
        .await;
        leading.replica.ended().await;
        for life in [&leading, &standby] {
            written.extend(Written::of(&life.replica.pod, &life.replica.proxy.writes()));
        }
        let overlapping = overlapping(std::mem::take(&mut written));
        assert!(overlapping.is_empty(), "{how}: {overlapping:#?}");
        let next = Life::begin(&world.installation, &leading.replica.pod.clone(), LEASE).await;
        leading = std::mem::replace(&mut standby, next);
        standby.replica.wait_ready().await;
        all_have_their_clients(&world, how).await;
    }
    drop((leading, standby));
    world.delete().await;
}

async fn change(world: &World, random: &mut Rng) {
    let name = SESSIONS[random.usize(..SESSIONS.len())];
    let patch = Patch::Merge(json!({"spec": {"clients": random.u32(1..4)}}));
    world.api::<BallSession>().patch(name, &PatchParams::default(), &patch).await.unwrap();
}

async fn all_have_their_clients(world: &World, how: &str) {
    eventually(Duration::from_secs(30), how, async || {
        let pods = pods::list(&world.api()).await;
        for name in SESSIONS {
            let session = world.api::<BallSession>().get(name).await.map_err(|error| error.to_string())?;
            let live = pods.iter().map(|(_, pod)| pod).filter(|pod| pod.is_live() && pod.session == name);
            let mut indexes: Vec<_> = live.filter_map(|pod| pod.index).collect();
            indexes.sort_unstable();
            let wanted = u32::try_from(session.spec.clients).unwrap();
            if !indexes.iter().copied().eq(0..wanted) {
                return Err(format!("{name} has {indexes:?} of {wanted}"));
            }
        }
        Ok(())
    })
    .await;
}
