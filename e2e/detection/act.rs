//! The acts of a case: sessions that work, the fault, its end, and all is well again.

use std::time::Duration;

use anyhow::{Context, Result};
use ballsession_e2e::Snapshot;
use kube::Client;
use tokio::time::{Instant, sleep, sleep_until};

use crate::case::{Case, Subject, When};
use crate::check::check;
use crate::expected::Since;
use crate::ground::Ground;
use crate::inject::inject;
use crate::observer::Observer;
use crate::outcome::{Span, is_all_seen, is_healed, outcome};
use crate::remedy::Remedies;
use crate::row::Row;
use crate::scene::{SESSION, Scene};
use crate::timeline::Timeline;

/// What is late is waited for a little longer, to know how late it is.
const LATE: Duration = Duration::from_secs(30);
/// How long a session has to be well before a fault, and after it.
const STEADY: Duration = Duration::from_secs(3);
/// How often it is looked whether something has come.
const STEP: Duration = Duration::from_millis(100);

/// A session that is observed.
struct Observed<'a> {
    subject: &'a Subject,
    scene: &'a Scene,
    observer: Observer,
    /// As it was before the fault.
    before: Option<&'a Snapshot>,
    /// When the fault began for it.
    began: Instant,
}

impl Observed<'_> {
    fn timeline(&self) -> Timeline {
        self.observer.timeline(self.began)
    }

    /// Whether it is well again, and has been for a moment.
    fn is_well(&self) -> bool {
        let timeline = self.timeline();
        let steady = |since: Option<f64>| {
            since.is_some_and(|at| self.began.elapsed().as_secs_f64() >= at + STEADY.as_secs_f64())
        };
        let expected = &self.subject.expected;
        expected.heals.is_none()
            || is_healed(&timeline)
                && steady(timeline.ready.true_since())
                && steady(timeline.met.true_since())
    }
}

/// Plays all acts: a row for each session.
pub(crate) async fn act(
    client: &Client,
    ground: &Ground,
    case: &Case,
    scenes: &mut [Scene],
    remedies: &mut Remedies,
) -> Result<Vec<Row>> {
    let working = warm_up(case, scenes).await?;
    let scenes = &*scenes;
    let node = case.fault.lost_nodes().first().map(|place| ground.node(*place).to_owned());
    let observed = case.subjects.iter().zip(scenes).zip(&working);
    let mut observed: Vec<_> = observed
        .map(|((subject, scene), before)| {
            let observer = Observer::start(client, scene.session.clone(), node.clone());
            Observed { subject, scene, observer, before: before.as_ref(), began: Instant::now() }
        })
        .collect();
    sleep(STEADY).await;

    let began = Instant::now();
    let injected = inject(&case.fault, ground, scenes, remedies).await;
    let done = Instant::now();
    for session in &mut observed {
        session.began = began;
        if session.subject.when == When::Before {
            session.began = Instant::now();
            create(session.subject, session.scene).await?;
        }
    }
    if injected.is_ok() {
        wait_for_answers(&observed).await;
        sleep_until(began + Duration::from_secs(case.lasts)).await;
    }
    let ended = Instant::now();
    let over = if case.fault.is_over_at_once() { done } else { ended };
    let unhealed = remedies.heal().await;
    let mut rows = Vec::new();
    for session in &observed {
        let mut row = judge(case, session, over, ended).await;
        row.outcome.problems.extend(unhealed.iter().cloned());
        match &injected {
            Ok(note) => row.add_note(note),
            Err(error) => row.outcome.problems.push(format!("{error:#}")),
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Creates the sessions that the fault finds running, and waits until they work: as they are then.
async fn warm_up(case: &Case, scenes: &mut [Scene]) -> Result<Vec<Option<Snapshot>>> {
    let running = |subject: &Subject| subject.when == When::Running;
    for (subject, scene) in case.subjects.iter().zip(&*scenes).filter(|(subject, _)| running(subject)) {
        create(subject, scene).await?;
    }
    let mut working = Vec::new();
    for (subject, scene) in case.subjects.iter().zip(scenes) {
        if !running(subject) {
            working.push(None);
            continue;
        }
        let clients = subject.spec.get("clients").and_then(serde_json::Value::as_i64);
        let clients = i32::try_from(clients.context("spec.clients is not given")?)?;
        working.push(Some(scene.session.works_with(clients).await.context("before the fault")?));
        scene.learn_nodes().await?;
    }
    Ok(working)
}

async fn create(subject: &Subject, scene: &Scene) -> Result<()> {
    scene.stage.session(SESSION, &scene.object_with_names(&subject.spec)?).await.map(drop)
}

/// Waits until all has been seen that has to be seen while the fault lasts.
async fn wait_for_answers(observed: &[Observed<'_>]) {
    for session in observed {
        let expected = &session.subject.expected;
        let deadline = session.began + Duration::from_secs(expected.limit()) + LATE;
        until(deadline, || is_all_seen(expected, &session.timeline())).await;
    }
    for session in observed {
        let Some(heals) = session.subject.expected.heals else { continue };
        let lost = session.timeline().node_lost.map(Duration::from_secs_f64);
        let since = match heals.since {
            // It is waited for when the fault has ended.
            Since::End => continue,
            Since::Beginning => session.began,
            Since::NodeLost => session.began + lost.unwrap_or_default(),
        };
        let within = Duration::from_secs(heals.ready.max(heals.met));
        until(since + within + LATE, || session.is_well()).await;
    }
}

/// Looks at what is looked at in the end, and compares.
async fn judge(case: &Case, session: &Observed<'_>, over: Instant, ended: Instant) -> Row {
    let (expected, scene) = (&session.subject.expected, session.scene);
    let checked = match expected.check {
        Some(what) => check(what, scene, session.before).await,
        None => Ok(String::new()),
    };
    // Only now: what is well may not have been hit yet.
    let within = expected.heals.map_or(0, |heals| heals.ready.max(heals.met));
    until(ended + Duration::from_secs(within) + LATE, || session.is_well()).await;
    let with_names = |words: &[&str]| -> Vec<_> { words.iter().map(|word| scene.with_names(word)).collect() };
    let (named, unnamed) = (with_names(expected.named), with_names(expected.unnamed));
    let seconds = |at: Instant| at.saturating_duration_since(session.began).as_secs_f64();
    let from_the_start = session.subject.when == When::Before;
    let span = Span { over: seconds(over), watched: seconds(ended), from_the_start };
    let timeline = session.timeline();
    let found = outcome(expected, &named, &unnamed, &timeline, span);
    let mut row = Row::of(case.row_name(session.subject), expected, &named, &timeline, found);
    match checked {
        Ok(note) => row.add_note(&note),
        Err(error) => row.outcome.problems.push(format!("{error:#}")),
    }
    row
}

/// Waits until something has come, or for the deadline.
async fn until(deadline: Instant, has_come: impl Fn() -> bool) {
    while !has_come() && Instant::now() < deadline {
        sleep(STEP).await;
    }
}
