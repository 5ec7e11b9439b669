//! When a run is drilled: once, while its clients stream. Pure, and all that it depends on is stored, so that neither an operator
//! that takes over nor one whose watches lag drills it twice.

use std::time::Duration;

use crds::{DrillKind, DrillRun, Run};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::timestamps::{between, stored_time};

/// The drill that a session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drill {
    /// What happens.
    pub kind: DrillKind,
    /// For how long every client has media before.
    pub after: Duration,
}

impl Drill {
    /// In words, which differ where what is asked for does: a drill that is asked for otherwise is another one.
    pub fn in_words(&self) -> String {
        format!("{} after {}s", self.kind.as_str(), self.after.as_secs_f64())
    }
}

/// The drill that a run has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drilled {
    /// When.
    pub at: Timestamp,
    /// The UID of the server's pod that was deleted.
    pub pod: String,
    /// For how long clients had measured until then, in a run that has an end.
    pub measured: Duration,
}

impl Drilled {
    /// What is stored of it.
    pub fn of(run: &Run) -> Option<Self> {
        let record = run.drill.as_ref()?;
        let (at, pod) = (record.started_at.as_ref()?.0, record.pod.clone()?);
        let measured = run.measuring_since.as_ref().map(|since| between(since.0, at));
        Some(Self { at, pod, measured: measured.unwrap_or_default() })
    }
}

/// What is known of a run that may have to be drilled.
#[derive(Debug, Clone, Copy)]
pub struct DrillFacts<'a> {
    /// What is stored.
    pub stored: Option<&'a DrillRun>,
    /// What is asked for.
    pub asked: Option<&'a Drill>,
    /// Whether its clients are to stream: it is neither suspended nor at its end.
    pub may_stream: bool,
    /// Whether all of them do that are not done, and the operator changes nothing else.
    pub are_streaming: bool,
    /// The UID of the server's pod, where there is one that works and no other.
    pub server: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// What follows from the facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrillStep {
    /// What is to be stored.
    pub record: Option<DrillRun>,
    /// The UID of the pod that is to be deleted, once that is stored.
    pub delete: Option<String>,
    /// When to look again although nothing happens.
    pub next_in: Option<Duration>,
}

/// Brings the drill of a run up to date.
pub fn drill(facts: &DrillFacts<'_>) -> DrillStep {
    let Some(asked) = facts.asked else { return DrillStep::default() };
    let words = asked.in_words();
    let known = facts.stored.filter(|stored| stored.asked == words).cloned();
    let mut record = known.unwrap_or_else(|| DrillRun { asked: words, ..DrillRun::default() });
    if record.started_at.is_some() {
        // Whoever stored that may have ended before it deleted the pod.
        let delete = record.pod.clone().filter(|pod| facts.server == Some(pod.as_str()));
        return DrillStep { record: Some(record), delete, next_in: None };
    }
    if !facts.may_stream {
        record.streaming_since = None;
        return DrillStep { record: Some(record), ..DrillStep::default() };
    }
    if facts.are_streaming && record.streaming_since.is_none() {
        record.streaming_since = Some(next_second(facts.now));
    }
    let Some(since) = &record.streaming_since else {
        return DrillStep { record: Some(record), ..DrillStep::default() };
    };
    let due = since.0.saturating_add(SignedDuration::try_from(asked.after).unwrap_or(SignedDuration::MAX));
    let left = due.map_or(asked.after, |due| between(facts.now, due));
    if !left.is_zero() {
        return DrillStep { record: Some(record), delete: None, next_in: Some(left) };
    }
    let delete = facts.server.filter(|_| facts.are_streaming).map(str::to_owned);
    if delete.is_some() {
        record.started_at = Some(stored_time(facts.now));
        record.pod.clone_from(&delete);
    }
    DrillStep { record: Some(record), delete, next_in: None }
}

/// The time as it is stored, rounded up: no less than is asked for passes until the drill.
fn next_second(now: Timestamp) -> Time {
    let stored = stored_time(now);
    match stored.0 < now {
        true => Time(Timestamp::from_second(stored.0.as_second() + 1).unwrap_or(now)),
        false => stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRILL: Drill = Drill { kind: DrillKind::RestartServer, after: Duration::from_secs(30) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// A session whose clients stream, and what is stored of it.
    struct Scene {
        stored: Option<DrillRun>,
        asked: Option<Drill>,
        may_stream: bool,
        are_streaming: bool,
        server: Option<&'static str>,
    }

    impl Scene {
        fn new() -> Self {
            Self {
                stored: None,
                asked: Some(DRILL),
                may_stream: true,
                are_streaming: true,
                server: Some("s1"),
            }
        }

        /// What is decided, and stored.
        fn step(&mut self, now: Timestamp) -> DrillStep {
            let step = drill(&DrillFacts {
                stored: self.stored.as_ref(),
                asked: self.asked.as_ref(),
                may_stream: self.may_stream,
                are_streaming: self.are_streaming,
                server: self.server,
                now,
            });
            let json = serde_json::to_value(&step.record).unwrap();
            self.stored = serde_json::from_value(json).unwrap();
            assert_eq!(self.stored, step.record, "what is stored is all there is");
            step
        }

        fn deletes(&mut self, second: i64) -> Option<String> {
            self.step(at(second)).delete
        }
    }

    #[test]
    fn the_server_is_replaced_once_after_every_client_has_had_media_for_so_long() {
        let mut scene = Scene::new();
        scene.are_streaming = false;
        assert_eq!((scene.step(at(0)).next_in, scene.deletes(100)), (None, None), "nobody streams");
        scene.are_streaming = true;
        assert_eq!(scene.step(at(100)).next_in, Some(Duration::from_secs(30)));
        assert_eq!((scene.deletes(129), scene.deletes(130)), (None, Some("s1".to_owned())));
        let record = scene.stored.clone().unwrap();
        assert_eq!((record.started_at.clone(), record.pod.as_deref()), (Some(Time(at(130))), Some("s1")));
        // Until the pod is seen to go, whoever stored that or comes after it.
        assert_eq!(scene.deletes(131), Some("s1".to_owned()));
        scene.server = None;
        assert_eq!(scene.deletes(140), None);
        scene.server = Some("s2");
        assert_eq!((scene.deletes(150), scene.deletes(999)), (None, None), "it was drilled");
        assert_eq!(scene.stored, Some(record));
    }

    #[test]
    fn a_drill_waits_for_clients_that_stream_and_for_a_server_that_works() {
        let mut scene = Scene::new();
        scene.step(at(0));
        scene.are_streaming = false;
        assert_eq!((scene.deletes(40), scene.step(at(40)).next_in), (None, None));
        scene.are_streaming = true;
        scene.server = None;
        assert_eq!(scene.deletes(41), None);
        scene.server = Some("s1");
        assert_eq!(scene.deletes(42), Some("s1".to_owned()));
    }

    #[test]
    fn time_in_which_nobody_is_to_stream_does_not_count() {
        let mut scene = Scene::new();
        scene.step(at(0));
        scene.may_stream = false;
        assert_eq!((scene.deletes(40), scene.stored.clone().unwrap().streaming_since), (None, None));
        scene.may_stream = true;
        assert_eq!((scene.deletes(50), scene.deletes(79)), (None, None));
        assert_eq!(scene.deletes(80), Some("s1".to_owned()));
    }

    #[test]
    fn another_drill_is_drilled_again_and_none_is_forgotten() {
        let mut scene = Scene::new();
        scene.step(at(0));
        assert_eq!(scene.deletes(30), Some("s1".to_owned()));
        scene.server = Some("s2");
        scene.asked = Some(Drill { after: Duration::from_secs(7), ..DRILL });
        assert_eq!((scene.deletes(100), scene.deletes(106)), (None, None), "it counts from the change");
        assert_eq!(scene.deletes(107), Some("s2".to_owned()));
        scene.asked = None;
        assert_eq!(scene.step(at(200)), DrillStep::default());
    }

    #[test]
    fn no_less_than_is_asked_for_passes() {
        let mut scene = Scene::new();
        let soon = at(0).saturating_add(SignedDuration::from_millis(400)).unwrap();
        assert!(scene.step(soon).next_in >= Some(DRILL.after));
        assert_eq!((scene.deletes(30), scene.deletes(31)), (None, Some("s1".to_owned())));
    }

    #[test]
    fn words_differ_where_what_is_asked_for_does() {
        assert_eq!(DRILL.in_words(), "RestartServer after 30s");
        let longest = Drill { after: Duration::from_nanos(86_399_123_456_789), ..DRILL };
        assert_eq!(longest.in_words(), "RestartServer after 86399.123456789s");
        assert_ne!(Drill { after: Duration::from_millis(7500), ..DRILL }.in_words(), DRILL.in_words());
    }

    #[test]
    fn a_run_was_drilled_once_that_is_stored() {
        let mut run = Run { measuring_since: Some(Time(at(10))), ..Run::default() };
        let mut scene = Scene::new();
        scene.step(at(10));
        run.drill.clone_from(&scene.stored);
        assert_eq!(Drilled::of(&run), None);
        scene.step(at(40));
        run.drill.clone_from(&scene.stored);
        let drilled = Drilled { at: at(40), pod: "s1".into(), measured: Duration::from_secs(30) };
        assert_eq!(Drilled::of(&run), Some(drilled));
    }
}
