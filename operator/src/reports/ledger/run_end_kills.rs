//! Operators that are killed while a run ends, at seeded moments: what is said of the run at last is the verdict on the whole
//! of it, or that there is none. On virtual time.

use std::time::{Duration, Instant};

use crds::contract::RUN_ANNOTATION;
use crds::{BallSession, BallSessionStatus};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::conditions::find;
use crate::report_source::Expectation;
use crate::reports::ledger::WriteResult;
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::status;
use crate::reports::stores::SessionKey;
use crate::reports::testing::{NAMESPACE, World, judged_post, pod_key, run, stored, uid};
use crate::run::{End, Outcome};
use crate::session::{labels, validate};

const SEEDS: u64 = 50;
const STEP: Duration = Duration::from_millis(200);
/// When both clients are done.
const DONE: Duration = Duration::from_secs(60);
/// When it has to be over at last.
const LONG_AFTER: Duration = Duration::from_secs(400);
/// How long what is over is watched.
const SHORTLY: Duration = Duration::from_secs(20);

/// Its last window is good, the whole of it is not.
fn spec() -> Value {
    json!({"clients": 2, "duration": "60s", "objectives": {"errorPixelsP95": "0.015"}})
}

/// What is stored, and the server; an operator comes and goes.
struct Cluster {
    start: Instant,
    now: Duration,
    status: BallSessionStatus,
    sequence: u64,
    next_post: Duration,
    server_lost_at: Option<Duration>,
    refuses_numbers: bool,
}

/// One process of the operator.
struct Operator {
    world: World,
    end: Option<End>,
}

/// When a process is killed in the middle of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kill {
    BeforeWrite,
    AfterWrite,
}

impl Cluster {
    fn new(random: &mut fastrand::Rng) -> Self {
        let status = json!({"run": {"hash": run(&spec()), "startedAt": "2026-01-01T00:00:00Z"}});
        Self {
            start: Instant::now(),
            now: Duration::ZERO,
            status: serde_json::from_value(status).unwrap(),
            sequence: 0,
            next_post: Duration::ZERO,
            server_lost_at: (random.u8(..5) == 0).then(|| Duration::from_millis(random.u64(56_000..70_000))),
            refuses_numbers: random.u8(..5) == 0,
        }
    }

    fn at(&self) -> Moment {
        let wall =
            Timestamp::from_second(1_767_225_600).unwrap() + SignedDuration::try_from(self.now).unwrap();
        Moment { now: self.start + self.now, wall }
    }

    fn session(&self) -> BallSession {
        stored(&spec(), &serde_json::to_value(&self.status).unwrap())
    }

    fn is_complete(&self) -> bool {
        find(&self.status.conditions, "Complete").is_some_and(|complete| complete.status == "True")
    }

    fn met(&self) -> (String, String) {
        let met = status::condition(&self.status).unwrap();
        (met.status.clone(), met.reason.clone())
    }

    fn operator(&self) -> Operator {
        let mut world = World::new();
        world.watch(&server_pod());
        world.watch_session(&self.session());
        world.reports.ledger.listen(self.at().now);
        Operator { world, end: None }
    }

    /// The server posts every 5 s, and tries again what is not taken; until its session is over.
    fn post(&mut self, operator: Option<&Operator>, random: &mut fastrand::Rng) {
        let is_lost = self.server_lost_at.is_some_and(|lost_at| self.now >= lost_at);
        if self.now < self.next_post || is_lost || self.is_complete() {
            return;
        }
        self.sequence += 1;
        let mut post = judged_post(self.sequence);
        post.connected_clients = if self.now < DONE { 2 } else { 0 };
        let key = SessionKey { namespace: NAMESPACE.into(), name: "harbor".into(), uid: uid("harbor") };
        let taken = operator.is_some_and(|operator| {
            let post = Post::Server(Box::new(post));
            operator.world.reports.ledger.accept(&key, &pod_key("server"), post, self.at()).is_ok()
        });
        let pause = if taken { 4.5 + random.f64() } else { 3.0 + 5.0 * random.f64() };
        self.next_post = self.now + Duration::from_secs_f64(pause);
    }

    /// What the controller does every second.
    fn control(&mut self, operator: &mut Operator) {
        let (session, is_done) = (validate(&self.session()).unwrap(), self.now >= DONE);
        let finished = if is_done { [0, 1].into() } else { [].into() };
        let expectation =
            Expectation { finished, epoch: "e".into(), is_ending: is_done, ..Expectation::default() };
        operator.world.reports.ledger.expect(&session, expectation, self.at());
        if !is_done || self.is_complete() {
            return;
        }
        let end = End { since: self.at().now, outcome: Outcome::Finished };
        let end = *operator.end.get_or_insert(end);
        if operator.world.reports.ledger.finish_run(&session, end, self.at()) {
            let complete = json!({"type": "Complete", "status": "True", "reason": "Finished", "message": "",
                                  "lastTransitionTime": "2026-01-01T00:01:00Z"});
            self.status.conditions.push(serde_json::from_value(complete).unwrap());
            operator.world.watch_session(&self.session());
        }
    }

    /// What the writer does; whether it was killed.
    async fn write(&mut self, operator: &mut Operator, kill: Option<Kill>) -> bool {
        let ledger = &operator.world.reports.ledger;
        if self.now.as_millis().is_multiple_of(5000) {
            ledger.resync(self.at()).await;
        }
        let mut is_killed = false;
        while let Some(write) = operator.world.reports.ledger.next_write(self.at()) {
            if kill == Some(Kill::BeforeWrite) {
                return true;
            }
            let is_refused = self.refuses_numbers && self.now >= DONE && write.desired.measurements.is_some();
            if !is_refused {
                self.store(&write.desired);
            }
            if kill == Some(Kill::AfterWrite) {
                is_killed = true;
                break;
            }
            operator.world.watch_session(&self.session());
            let result = if is_refused { WriteResult::Refused } else { WriteResult::Stored };
            operator.world.reports.ledger.write_done(&write, result, self.at());
        }
        is_killed
    }

    /// The fields of the reports, beside those of the controller.
    fn store(&mut self, desired: &BallSessionStatus) {
        let mut status = BallSessionStatus { run: self.status.run.take(), ..desired.clone() };
        let others = self.status.conditions.drain(..).filter(|condition| condition.type_ != "ObjectivesMet");
        status.conditions.extend(others);
        self.status = status;
    }
}

fn server_pod() -> Pod {
    let labels = labels::of("harbor", labels::Component::Server);
    serde_json::from_value(json!({
        "metadata": {"name": "server", "namespace": NAMESPACE, "uid": uid("server"), "labels": labels,
                     "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {RUN_ANNOTATION: run(&spec())}},
        "spec": {"nodeName": "worker-1", "containers": []}
    }))
    .unwrap()
}

/// One run, whose operator is killed once or twice. What is said of it at last, and whether all was there to be known.
async fn run_with_kills(seed: u64) -> ((String, String), bool) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cluster = Cluster::new(&mut random);
    let mut operator = Some(cluster.operator());
    let mut kills: Vec<_> = (0..1 + random.u64(..2))
        .map(|_| {
            let at = Duration::from_millis(random.u64(55_000..85_000));
            (at, [None, Some(Kill::BeforeWrite), Some(Kill::AfterWrite)][random.usize(..3)])
        })
        .collect();
    kills.sort_by_key(|(at, _)| *at);
    kills.reverse();
    let mut starts_at = Duration::ZERO;
    let mut long_after = LONG_AFTER;
    while cluster.now < long_after {
        if operator.is_none() && cluster.now >= starts_at {
            operator = Some(cluster.operator());
        }
        cluster.post(operator.as_ref(), &mut random);
        if let Some(mut running) = operator.take() {
            if cluster.now.as_millis().is_multiple_of(1000) {
                cluster.control(&mut running);
            }
            let due = kills.last().copied().filter(|(at, _)| cluster.now >= *at);
            let in_write = due.and_then(|(_, kill)| kill);
            let killed_in_write = cluster.write(&mut running, in_write).await;
            if killed_in_write || due.is_some_and(|(_, kill)| kill.is_none()) {
                kills.pop();
                starts_at = cluster.now + Duration::from_millis(random.u64(500..40_000));
            } else {
                operator = Some(running);
            }
        }
        if cluster.is_complete() {
            assert_ne!(cluster.met().0, "True", "seed {seed}: {:?}", cluster.now);
            long_after = long_after.min(cluster.now + SHORTLY);
        }
        cluster.now += STEP;
    }
    assert!(cluster.is_complete(), "seed {seed}: it never ends");
    (cluster.met(), cluster.server_lost_at.is_none() && !cluster.refuses_numbers)
}

/// V11, V12: of a run that ended while the operator was started again, or whose last numbers were refused, the verdict on its
/// last window was what was said of it for ever.
#[tokio::test]
async fn a_killed_operator_never_leaves_the_verdict_on_a_part_of_the_run() {
    let mut of_whole_runs = 0;
    for seed in 0..SEEDS {
        let (met, is_known) = run_with_kills(seed).await;
        let (whole, none) = (("False", "ErrorTooHigh"), ("Unknown", "NoReports"));
        let met = (met.0.as_str(), met.1.as_str());
        assert!(met == whole || (met == none && !is_known), "seed {seed}: {met:?}, all known: {is_known}");
        of_whole_runs += u64::from(met == whole);
    }
    assert!(of_whole_runs >= SEEDS / 2, "{of_whole_runs}");
}
