//! One contender, and a server that the test plays.

use super::*;
use crate::lease::Timing;

const WALL: Timestamp = Timestamp::UNIX_EPOCH;

/// A contender, and a clock that only moves when the test moves it.
struct Contender {
    election: Election,
    now: Instant,
}

fn contender(identity: &str) -> Contender {
    let settings = Settings {
        namespace: "tower".into(),
        name: "operator".into(),
        identity: identity.into(),
        predecessors: None,
        timing: Timing::default(),
    };
    Contender { election: Election::new(settings), now: Instant::now() }
}

impl Contender {
    fn next(&mut self) -> Step {
        self.election.next(self.now, WALL)
    }

    fn pass(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    fn reads(&mut self, lease: Option<&Lease>) -> Step {
        assert_eq!(self.next(), Step::Read);
        self.election.read(self.now, lease.cloned());
        self.next()
    }

    /// Creates the lease; what is stored.
    fn holds(&mut self) -> Lease {
        let Step::Create(lease) = self.reads(None) else { panic!("does not create what is not there") };
        let stored = version(&lease, "1");
        self.election.written(self.now, stored.clone());
        stored
    }
}

fn version(lease: &Lease, version: &str) -> Lease {
    let mut lease = lease.clone();
    lease.metadata.resource_version = Some(version.into());
    lease
}

fn held_by(step: &Step, identity: &str) -> bool {
    matches!(step, Step::Replace(lease) if record::holder(lease) == Some(identity))
}

#[test]
fn the_holder_renews_every_5_s() {
    let mut a = contender("a");
    let stored = a.holds();
    let renewal = a.now + Duration::from_secs(5);
    assert_eq!(a.next(), Step::Wait(renewal));
    a.pass(5.0);
    let Step::Replace(lease) = a.next() else { panic!("does not renew") };
    assert_eq!(lease.metadata.resource_version, stored.metadata.resource_version);
    assert_eq!(record::holder(&lease), Some("a"));
}

#[test]
fn the_holder_gives_up_10_s_after_it_sent_its_last_renewal() {
    let mut a = contender("a");
    a.holds();
    a.pass(5.0);
    assert!(held_by(&a.next(), "a"));
    // Sent now, answered 2 s later.
    let sent = a.now;
    a.pass(2.0);
    a.election.written(sent, version(&Lease::default(), "2"));
    a.pass(7.0);
    a.election.failed(a.now, "connection refused".into());
    assert_eq!(a.next(), Step::Wait(sent + Duration::from_secs(10)), "the end comes before the next try");
    a.pass(1.0);
    assert_eq!(a.next(), Step::Lost("it could not be renewed for 10s: connection refused".into()));
}

#[test]
fn a_stopped_process_finds_that_its_time_is_over() {
    let mut a = contender("a");
    a.holds();
    a.pass(60.0);
    assert!(matches!(a.next(), Step::Lost(why) if why.ends_with("this process was stopped for so long")));
}

#[test]
fn after_a_failure_the_lease_is_read_before_it_is_written() {
    let mut a = contender("a");
    let stored = a.holds();
    a.pass(5.0);
    assert!(held_by(&a.next(), "a"));
    a.election.failed(a.now, "timed out".into());
    assert_eq!(a.next(), Step::Wait(a.now + Duration::from_secs(1)));
    a.pass(1.0);
    // The renewal had come through.
    let Step::Replace(lease) = a.reads(Some(&version(&stored, "2"))) else { panic!("does not renew") };
    assert_eq!(lease.metadata.resource_version.as_deref(), Some("2"));
}

#[test]
fn a_refused_write_is_followed_by_a_fresh_reading() {
    let mut a = contender("a");
    let stored = a.holds();
    a.pass(5.0);
    assert!(held_by(&a.next(), "a"));
    a.election.refused(a.now);
    a.pass(0.1);
    // Only a label was changed.
    assert!(held_by(&a.reads(Some(&version(&stored, "2"))), "a"));
}

#[test]
fn a_lease_that_another_one_took_is_lost() {
    for thief in [Some("b"), None] {
        let mut a = contender("a");
        let mut stored = version(&a.holds(), "2");
        stored.spec.as_mut().unwrap().holder_identity = thief.map(Into::into);
        a.pass(5.0);
        a.election.refused(a.now);
        a.pass(0.1);
        let expected = format!("it was taken by {}", thief.unwrap_or("nobody"));
        assert_eq!(a.reads(Some(&stored)), Step::Lost(expected));
    }
}

/// A process that is killed releases nothing, and its container is started anew at once.
#[test]
fn the_lease_of_a_predecessor_in_the_same_pod_is_taken_at_once() {
    let stored = contender("pod_7_a").holds();
    let mut b = contender("pod_7_b");
    assert!(matches!(b.reads(Some(&stored)), Step::Wait(_)), "it may be a process beside this one");
    let mut b = contender("pod_7_b");
    b.election.settings.predecessors = Some("pod_7_".into());
    assert!(held_by(&b.reads(Some(&stored)), "pod_7_b"));
    let mut c = contender("pod_8_c");
    c.election.settings.predecessors = Some("pod_8_".into());
    assert!(matches!(c.reads(Some(&stored)), Step::Wait(_)));
}

#[test]
fn anothers_lease_is_taken_when_it_did_not_change_for_its_duration() {
    let mut stored = contender("a").holds();
    stored.spec.as_mut().unwrap().lease_duration_seconds = Some(20);
    let mut b = contender("b");
    let waits = |b: &mut Contender, stored: &Lease| {
        assert_eq!(b.reads(Some(stored)), Step::Wait(b.now + Duration::from_secs(1)));
        assert_eq!(b.election.obstacle(), Some("held by a"));
        b.pass(1.0);
    };
    waits(&mut b, &stored);
    // Renewed: its time begins anew.
    stored = version(&stored, "2");
    for _ in 0..20 {
        waits(&mut b, &stored);
    }
    assert!(held_by(&b.reads(Some(&stored)), "b"));
}

#[test]
fn a_time_in_the_lease_is_not_believed() {
    let mut stored = contender("a").holds();
    // As written by a machine whose clock is years behind.
    assert_eq!(stored.spec.as_ref().unwrap().renew_time.as_ref().unwrap().0, WALL);
    stored.spec.as_mut().unwrap().lease_duration_seconds = None;
    let mut b = contender("b");
    assert!(matches!(b.reads(Some(&stored)), Step::Wait(_)));
}

#[test]
fn a_released_lease_is_taken_at_once() {
    let stored = contender("a").holds();
    let free = record::released(&stored, "a", WALL).unwrap();
    assert!(held_by(&contender("b").reads(Some(&free)), "b"));
}

#[test]
fn a_lease_that_was_created_without_an_answer_is_ours() {
    let mut a = contender("a");
    let Step::Create(lease) = a.reads(None) else { panic!("does not create") };
    a.election.failed(a.now, "timed out".into());
    a.pass(1.0);
    assert!(held_by(&a.reads(Some(&version(&lease, "1"))), "a"));
    assert_eq!(a.election.held_until(), None, "not before it is known for certain");
}

#[test]
fn another_one_is_known_to_lead_for_as_long_as_it_renews() {
    let (mut a, mut b) = (contender("a"), contender("b"));
    let duration = Timing::default().duration;
    let stored = a.holds();
    assert_eq!(b.election.others_until(), None);
    b.reads(Some(&stored));
    let until = b.now + duration;
    assert_eq!(b.election.others_until(), Some(until));
    b.pass(5.0);
    b.reads(Some(&stored));
    assert_eq!(b.election.others_until(), Some(until), "it was not renewed");
    b.pass(5.0);
    b.reads(Some(&version(&stored, "2")));
    assert_eq!(b.election.others_until(), Some(b.now + duration));
    b.pass(5.0);
    let free = record::released(&stored, "a", WALL).unwrap();
    assert!(held_by(&b.reads(Some(&version(&free, "3"))), "b"));
    assert_eq!(b.election.others_until(), None);
}
