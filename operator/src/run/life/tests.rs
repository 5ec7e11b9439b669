//! Lives of runs: examples, and what holds for all of them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::prelude::*;

use super::*;
use crate::run::wanted::WantedClients;

const START: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

/// One run of clients that measure for 60 s and have 100 s to start, as an operator sees it that may be restarted at any time.
struct Scene {
    stored: Run,
    clients: ObservedClients,
    stage: RunStage,
    limits: Limits,
}

impl Scene {
    fn new(wanted: u32) -> Self {
        Self {
            stored: Run { hash: "a".into(), started_at: Some(Time(at(0))), ..Run::default() },
            clients: ObservedClients { wanted: WantedClients::first(wanted), ..ObservedClients::default() },
            stage: RunStage::Active,
            limits: Limits { duration: Duration::from_secs(60), start_deadline: Duration::from_secs(100) },
        }
    }

    /// What is decided, and stored.
    fn advance(&mut self, now: Timestamp) -> Advanced {
        let advanced = advance(&Facts {
            run: &self.stored,
            limits: Some(self.limits),
            stage: self.stage,
            clients: &self.clients,
            not_ready: Some("Unschedulable: 0/3 nodes"),
            now,
        });
        let json = serde_json::to_value(&advanced.run).unwrap();
        self.stored = serde_json::from_value(json).unwrap();
        assert_eq!(self.stored, advanced.run, "what is stored is all there is");
        advanced
    }

    fn phase(&mut self, second: i64) -> Phase {
        self.advance(at(second)).phase
    }
}

/// O3: a bounded run without a node for 160 s was given up, and its cause was gone.
#[test]
fn a_run_is_given_up_when_its_clients_do_not_start_and_says_why() {
    let mut scene = Scene::new(2);
    assert_eq!(scene.advance(at(40)).next_in, Some(Duration::from_secs(60)));
    scene.clients.had_media = [0].into();
    assert_eq!(scene.phase(99), Phase::Starting);
    assert_eq!(scene.stored.outcome, None);
    let given_up = Phase::Ending(Outcome::StartDeadlineExceeded);
    assert_eq!(scene.phase(100), given_up);
    assert_eq!(scene.stored.cause.as_deref(), Some("Unschedulable: 0/3 nodes"));
    assert_eq!(scene.stored.ended_at, Some(Time(at(100))));

    // Whatever comes then, it was given up.
    scene.clients.finished = [0, 1].into();
    assert_eq!(scene.phase(200), given_up);
    assert_eq!(scene.stored.ended_at, Some(Time(at(100))));
}

#[test]
fn the_duration_counts_from_the_first_frame_and_not_from_the_start() {
    let mut scene = Scene::new(2);
    scene.clients.had_media = [0, 1].into();
    assert_eq!(
        scene.advance(at(90)).next_in,
        Some(Duration::from_secs(130)),
        "100 s, and twice the duration"
    );
    assert_eq!(scene.stored.measuring_since, Some(Time(at(90))));
    // An operator that has just been started has seen no media yet.
    scene.clients.had_media.clear();
    assert_eq!(scene.phase(140), Phase::Measuring);
    scene.clients.finished = [0].into();
    assert_eq!(scene.phase(160), Phase::Measuring);
    scene.clients.finished = [0, 1].into();
    assert_eq!(scene.phase(161), Phase::Ending(Outcome::Finished));
    assert_eq!((scene.stored.ended_at.clone(), scene.stored.cause.clone()), (Some(Time(at(161))), None));
    // One that is started later does not end it anew.
    scene.phase(190);
    assert_eq!(scene.stored.ended_at, Some(Time(at(161))));
}

#[test]
fn a_run_has_a_hard_end() {
    let mut scene = Scene::new(1);
    scene.clients.had_media = [0].into();
    assert_eq!(scene.phase(50), Phase::Measuring);
    assert_eq!(scene.phase(219), Phase::Measuring);
    assert_eq!(scene.phase(220), Phase::Ending(Outcome::Failed));
    assert_eq!(scene.stored.cause.as_deref(), Some("Unschedulable: 0/3 nodes"));
}

#[test]
fn suspension_stops_the_clock() {
    let mut scene = Scene::new(1);
    assert_eq!(scene.phase(60), Phase::Starting);
    scene.stage = RunStage::Suspended;
    assert_eq!(scene.advance(at(70)).next_in, None);
    assert_eq!(scene.phase(5000), Phase::Starting);
    scene.stage = RunStage::Active;
    assert_eq!(scene.advance(at(6000)).next_in, Some(Duration::from_secs(30)));
    assert_eq!(scene.phase(6029), Phase::Starting);
    assert_eq!(scene.phase(6030), Phase::Ending(Outcome::StartDeadlineExceeded));
}

/// As when somebody scales it to nothing, or is still to scale it up: there is nobody who could start.
#[test]
fn a_run_without_clients_waits_for_some() {
    let mut scene = Scene::new(0);
    assert_eq!(scene.advance(at(0)).next_in, None);
    assert_eq!(scene.phase(5000), Phase::Starting);
    scene.clients.wanted = WantedClients::first(1);
    assert_eq!(scene.advance(at(5000)).next_in, Some(Duration::from_secs(100)));
    scene.clients.had_media = [0].into();
    assert_eq!(scene.phase(5090), Phase::Measuring);
    scene.clients.wanted = WantedClients::first(0);
    assert_eq!(scene.phase(5100), Phase::Measuring);
    assert_eq!(scene.phase(9000), Phase::Measuring);
    scene.clients.wanted = WantedClients::first(1);
    assert_eq!(scene.advance(at(9000)).next_in, Some(Duration::from_secs(120)));
    assert_eq!(scene.phase(9120), Phase::Ending(Outcome::Failed));
}

#[test]
fn a_run_whose_clients_find_no_node_does_not_wait_for_ever() {
    let mut scene = Scene::new(0);
    scene.clients.wanted = WantedClients::of_nodes(&[]);
    assert_eq!(scene.advance(at(0)).next_in, Some(Duration::from_secs(100)));
    assert_eq!(scene.phase(100), Phase::Ending(Outcome::StartDeadlineExceeded));
}

/// A run whose end was decided long ago, that is suspended, and then is to have more clients.
#[test]
fn a_deadline_that_has_passed_holds_for_a_suspended_run_too() {
    let mut scene = Scene::new(1);
    scene.clients.finished = [0].into();
    assert_eq!(scene.phase(220), Phase::Ending(Outcome::Finished));
    scene.stage = RunStage::Suspended;
    assert_eq!(scene.phase(220), Phase::Ending(Outcome::Finished));
    scene.clients.wanted = WantedClients::first(2);
    assert_eq!(scene.phase(220), Phase::Ending(Outcome::Failed));
}

#[test]
fn an_end_is_taken_back_when_more_clients_are_asked_for() {
    let mut scene = Scene::new(1);
    scene.clients.finished = [0].into();
    assert_eq!(scene.phase(70), Phase::Ending(Outcome::Finished));
    scene.clients.wanted = WantedClients::first(2);
    scene.stored.judged_by = Some("c".into());
    assert_eq!(scene.phase(71), Phase::Measuring);
    assert_eq!((scene.stored.ended_at.clone(), scene.stored.outcome.clone()), (None, None));
    assert_eq!(scene.stored.judged_by, None);
}

#[test]
fn a_run_without_an_end_never_ends() {
    let clients =
        ObservedClients { wanted: WantedClients::first(1), finished: [0].into(), had_media: [0].into() };
    let run = Run { started_at: Some(Time(at(0))), ..Run::default() };
    let facts = Facts {
        run: &run,
        limits: None,
        stage: RunStage::Suspended,
        clients: &clients,
        not_ready: None,
        now: at(1_000_000),
    };
    assert_eq!(advance(&facts), Advanced { run: run.clone(), phase: Phase::Measuring, next_in: None });
}

/// A version before said DeadlineExceeded, and that stays what it was.
#[test]
fn a_run_that_is_over_ended_as_its_condition_says() {
    let complete = |reason: &str| {
        let json = serde_json::json!([{"type": "Complete", "status": "True", "reason": reason, "message": "",
                                       "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        over(&serde_json::from_value::<Vec<_>>(json).unwrap())
    };
    for outcome in
        [Outcome::Finished, Outcome::StartDeadlineExceeded, Outcome::Failed, Outcome::DeadlineExceeded]
    {
        assert_eq!(complete(outcome.as_str()), Phase::Over(outcome));
    }
    assert_eq!(complete("FromTheFuture"), Phase::Over(Outcome::Finished));
}

/// Something that happens to a run.
#[derive(Debug, Clone)]
enum Event {
    Pass(u16),
    Suspend(bool),
    Media(u32),
    /// An operator that knows what is stored, and has seen no media yet.
    Restart,
    Finish(u32),
    Scale(u32),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0_u16..90).prop_map(Event::Pass),
        1 => any::<bool>().prop_map(Event::Suspend),
        2 => (0_u32..4).prop_map(Event::Media),
        1 => Just(Event::Restart),
        1 => (0_u32..4).prop_map(Event::Finish),
        1 => (0_u32..4).prop_map(Event::Scale),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_a_run_ends_in_time_and_for_a_reason(events in prop::collection::vec(event(), 0..40)) {
        let mut scene = Scene::new(2);
        let (mut now, mut active) = (0_i64, 0_i64);
        let mut all_had_media = false;
        let mut given_up: Option<Run> = None;
        for event in events {
            match event {
                Event::Pass(seconds) => {
                    now += i64::from(seconds);
                    let counts = scene.stage == RunStage::Active && !scene.clients.wanted.is_empty();
                    active += if counts { i64::from(seconds) } else { 0 };
                }
                Event::Suspend(is_suspended) => {
                    scene.stage = if is_suspended { RunStage::Suspended } else { RunStage::Active };
                }
                Event::Media(index) => drop(scene.clients.had_media.insert(index)),
                Event::Restart => scene.clients.had_media.clear(),
                Event::Finish(index) => drop(scene.clients.finished.insert(index)),
                Event::Scale(wanted) => scene.clients.wanted = WantedClients::first(wanted),
            }
            let was_measuring = scene.stored.measuring_since.is_some();
            let advanced = scene.advance(at(now));
            all_had_media |= scene.clients.have_had_media();
            if let Some(before) = &given_up {
                prop_assert_eq!(&advanced.run, before, "what was given up stays as it was");
                continue;
            }
            prop_assert!(scene.stored.measuring_since.is_some() || !was_measuring);
            match advanced.phase {
                Phase::Starting => prop_assert!(active < 100 && scene.stored.measuring_since.is_none()),
                Phase::Measuring => prop_assert!(active < 220 && all_had_media),
                Phase::Ending(Outcome::Finished) => prop_assert!(scene.clients.are_finished()),
                Phase::Ending(Outcome::StartDeadlineExceeded) => {
                    prop_assert!(active >= 100 && !scene.clients.have_had_media());
                    given_up = Some(advanced.run.clone());
                }
                Phase::Ending(Outcome::Failed) => {
                    prop_assert!(active >= 220 && all_had_media && !scene.clients.are_finished());
                    given_up = Some(advanced.run.clone());
                }
                other => prop_assert!(false, "{:?}", other),
            }
            let is_ending = matches!(advanced.phase, Phase::Ending(_));
            prop_assert_eq!(scene.stored.ended_at.is_some(), is_ending);
            let is_timed = scene.stage == RunStage::Active && !scene.clients.wanted.is_empty();
            prop_assert_eq!(advanced.next_in.is_some(), !is_ending && is_timed);
            // The same facts change nothing: a converged session is not written again.
            prop_assert_eq!(&scene.advance(at(now)).run, &advanced.run);
        }
    }
}
