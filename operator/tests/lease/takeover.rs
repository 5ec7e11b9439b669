//! Two processes of the operator, one of which works, and what befalls it at seeded moments: another one takes over in time,
//! and they never write both.

use std::time::{Duration, Instant};

use cluster::client;
use fastrand::Rng;
use rustix::process::Signal;

use crate::installation::{Installation, within};
use crate::replica::Replica;

const PODS: [&str; 2] = ["replica-a", "replica-b"];
/// Shorter than that of an installation: its time runs out again and again.
const LEASE: Duration = Duration::from_secs(4);
const ROUNDS: u64 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// SIGTERM: it gives the lease up.
    Ended,
    Killed,
    Frozen,
    CutOff,
}

const FAULTS: [Fault; 4] = [Fault::Ended, Fault::Killed, Fault::Frozen, Fault::CutOff];

impl Fault {
    /// Within this time another one writes.
    fn limit(self) -> Duration {
        match self {
            Self::Ended => Duration::from_secs(5),
            Self::Killed | Self::Frozen | Self::CutOff => LEASE + Duration::from_secs(2),
        }
    }

    fn befall(self, replica: &Replica) {
        match self {
            Self::Ended => replica.signal(Signal::TERM),
            Self::Killed => replica.signal(Signal::KILL),
            Self::Frozen => replica.signal(Signal::STOP),
            Self::CutOff => replica.proxy.cut(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_the_leader_another_one_takes_over_and_they_never_write_both() {
    let test = "whatever_befalls_the_leader_another_one_takes_over_and_they_never_write_both";
    let Some(client) = client(test).await else { return };
    let installation = Installation::build(&client, &PODS).await;
    let mut leading = Replica::start(&installation.account, PODS[0], LEASE).await;
    installation.wait_leader("a leader", PODS[0], 10).await;
    // Ready although it does not lead.
    let mut standby = Replica::start(&installation.account, PODS[1], LEASE).await;

    for round in 0..ROUNDS {
        let mut random = Rng::with_seed(round);
        let fault = FAULTS[usize::try_from(round).unwrap() % FAULTS.len()];
        work(&installation, Duration::from_millis(random.u64(500..2000)), &mut random).await;
        assert!(standby.proxy.writes().is_empty(), "round {round}: {:?}", standby.proxy.writes());
        fault.befall(&leading);
        let begin = Instant::now();
        let first =
            within(fault.limit(), &format!("round {round}, {fault:?}: another one writes"), async || {
                // There is always something to write.
                installation.change_something(&mut random).await;
                standby.proxy.writes().first().cloned()
            })
            .await;
        let took = begin.elapsed();
        installation.wait_leader(&format!("round {round}: the label of the leader"), &standby.pod, 5).await;
        // It goes on where it was, in the middle of whatever that was.
        work(&installation, Duration::from_millis(random.u64(..500)), &mut random).await;
        if fault == Fault::Frozen {
            leading.signal(Signal::CONT);
        }
        leading.ended().await;
        let late: Vec<_> = leading.proxy.writes().into_iter().filter(|write| write.at >= first.at).collect();
        assert!(late.is_empty(), "round {round}, {fault:?}: it writes after another one did: {late:?}");
        let written = leading.proxy.writes().len();
        println!("round {round}, {fault:?}: {written} writes, another one after {took:?}");
        assert!(written > 5, "round {round}: it had nothing to do");
        let next = Replica::start(&installation.account, &leading.pod.clone(), LEASE).await;
        leading = std::mem::replace(&mut standby, next);
    }
    installation.delete().await;
}

/// Keeps the leader busy for some time.
async fn work(installation: &Installation, time: Duration, random: &mut Rng) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        installation.change_something(random).await;
        tokio::time::sleep(Duration::from_millis(random.u64(1..10))).await;
    }
}

/// A container that is killed is started anew in the same pod, and nobody else can be there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_whose_container_is_restarted_goes_on_at_once() {
    let Some(client) = client("a_leader_whose_container_is_restarted_goes_on_at_once").await else { return };
    let installation = Installation::build(&client, &PODS).await;
    // Nobody's time runs out in this test.
    let long = Duration::from_secs(120);
    let mut killed = Replica::start(&installation.account, PODS[0], long).await;
    installation.wait_leader("a leader", PODS[0], 10).await;
    let _standby = Replica::start(&installation.account, PODS[1], long).await;
    killed.signal(Signal::KILL);
    killed.ended().await;
    let restarted = Replica::start(&installation.account, PODS[0], long).await;
    let mut random = Rng::with_seed(1);
    within(Duration::from_secs(5), "it writes", async || {
        installation.change_something(&mut random).await;
        restarted.proxy.writes().first().cloned()
    })
    .await;
    assert_eq!(installation.leaders().await, [PODS[0]]);
    installation.delete().await;
}
