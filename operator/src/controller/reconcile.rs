//! Looks at one session: reads what exists, makes the children what they shall be, and says how it stands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::contract::OBJECTIVES_MET;
use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::error_boundary::InvalidObject;
use kube::runtime::controller::Action;
use kube::{Client, Resource};

use crate::cluster::{Guard, Watches};
use crate::controller::apply::{self, Tools, apply};
use crate::controller::backoff::{Backoff, between};
use crate::controller::build::build;
use crate::controller::dereference::{Dereferenced, dereference};
use crate::controller::error::{Error, LIMIT};
use crate::controller::events::{Announcement, Events, transitions};
use crate::controller::memory::{Memories, Memory};
use crate::controller::metrics::Metrics;
use crate::controller::refusals;
use crate::controller::status::{self, Clock, Owned, Reason, Refused, Verdict};
use crate::controller::subject::Subject;
use crate::controller::update_status::{update_conditions, update_status};
use crate::report_source::ReportSource;
use crate::run::Progress;
use crate::run::RunStage;
use crate::session::{Session, validate};
use crate::settings::Settings;

/// How long after a look without anything pending comes the next.
const RESYNC: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(600));
/// How long to wait for what is told when it happens, in case that it is not.
const PENDING: Duration = Duration::from_secs(2);
/// What the session itself is remembered by.
const SESSION: &str = "BallSession";

/// The same for a child that is on its way out.
const LEAVING: Duration = Duration::from_secs(5);

/// What the controller works with.
pub(super) struct Controller {
    pub(super) client: Client,
    pub(super) settings: Settings,
    pub(super) reports: Arc<dyn ReportSource>,
    pub(super) metrics: Metrics,
    pub(super) retry: Backoff,
    pub(super) watches: Watches,
    pub(super) memories: Memories,
    pub(super) events: Events,
    pub(super) started: Instant,
}

/// Looks at a session, and accounts for it.
pub(super) async fn reconcile(stored: Arc<Guard>, controller: Arc<Controller>) -> Result<Action, Error> {
    let subject = Subject::of(&stored);
    let started = Instant::now();
    let look = tokio::time::timeout(LIMIT, controller.look(&stored, &subject));
    let result = look.await.unwrap_or(Err(Error::TimedOut));
    controller.account(&subject, &result, started.elapsed());
    result
}

impl Controller {
    /// When to try again after a failure.
    pub(super) fn retry(&self, stored: &Guard) -> Action {
        let failures = self.remember(&Subject::of(stored), |memory| memory.failures);
        Action::requeue(self.retry.delay(failures, fastrand::f64()))
    }

    /// The one place where a result becomes log, metric and event.
    fn account(&self, subject: &Subject, result: &Result<Action, Error>, took: Duration) {
        let class = result.as_ref().err().map(Error::label);
        self.metrics.reconciled(class, took, Timestamp::now());
        let is_news = self.remember(subject, |memory| {
            memory.failures = if class.is_some() { memory.failures.saturating_add(1) } else { 0 };
            std::mem::replace(&mut memory.failure, class) != class
        });
        match result {
            Ok(_) => tracing::debug!(session = %subject.key, ?took, "looked at"),
            Err(error) => {
                tracing::warn!(session = %subject.key, class, %error, "a session is not as it shall be");
                // What a condition tells was announced with it.
                if is_news && error.verdict().is_none() {
                    let announcement = Announcement {
                        is_warning: true,
                        action: "Reconcile",
                        reason: error.label().to_owned(),
                        note: status::bounded(&error.to_string()),
                    };
                    self.events.announce(&subject.reference, announcement);
                }
            }
        }
    }

    /// Looks at what the watch brought, unless that is known to be outdated.
    async fn look(&self, stored: &Guard, subject: &Subject) -> Result<Action, Error> {
        if !self.remember(subject, |memory| memory.is_superseded(SESSION, &subject.version)) {
            return self.look_at(stored, subject).await;
        }
        match subject.api(&self.client).get_opt(&subject.key.name).await.map_err(Error::Read)? {
            Some(current) => self.look_at(&current, &Subject::of(&current)).await,
            None => Ok(Action::await_change()),
        }
    }

    async fn look_at(&self, stored: &Guard, subject: &Subject) -> Result<Action, Error> {
        if stored.meta().deletion_timestamp.is_some() {
            // Its children go with it; made anew they would keep it from going.
            return Ok(Action::await_change());
        }
        let object = match &stored.0 {
            Ok(object) => object,
            Err(invalid) => return self.unreadable(subject, invalid).await,
        };
        let known = object.status.clone().unwrap_or_default();
        self.announce_objectives(subject, &known);
        let session = match validate(object) {
            Ok(session) => session,
            Err(error) => {
                let verdict = Reason::InvalidSpec.because(error.to_string());
                let is_bounded = object.spec.duration.is_some();
                let refused = Refused { run: None, is_bounded, generation: subject.generation };
                self.refuse(subject, &known, refused, &verdict).await?;
                return Ok(resync());
            }
        };
        let result = self.run(subject, &session, &known).await;
        if let Some(verdict) = result.as_ref().err().and_then(Error::verdict) {
            let (run, is_bounded) = (Some(session.run_hash.as_str()), session.duration.is_some());
            let refused = Refused { run, is_bounded, generation: subject.generation };
            self.refuse(subject, &known, refused, &verdict).await?;
        }
        result
    }

    /// The steps of a session that makes sense.
    async fn run(
        &self,
        subject: &Subject,
        session: &Session,
        known: &BallSessionStatus,
    ) -> Result<Action, Error> {
        let is_known_run = known.run.as_ref().is_some_and(|run| run.hash == session.run_hash);
        let begun = is_known_run || self.reports.begin_run(session) == Progress::Done;

        let Dereferenced { resources, pods } = dereference(session, &self.watches);
        let prepared = build(session, &resources, &self.settings);
        let tools = Tools { client: &self.client, memories: &self.memories, metrics: &self.metrics };
        let outcome = apply(tools, session, prepared, resources).await?;
        if outcome.job_replaced {
            self.events.announce(&subject.reference, job_replaced(session));
        }

        let clock = Clock { now: Instant::now(), time: Timestamp::now(), watching_since: self.started };
        let job = outcome.resources.client_job.as_ref();
        let standing = status::by_job(session, job, &known.conditions);
        let (complete, finishing) = self.finish(subject, session, standing, is_known_run, clock.now);
        let (refused_client, missing) = self.refused_client(subject, session, &pods, job, clock).await;
        let view = self.reports.view(&subject.uid);
        let (owned, recheck) = status::status(&status::Input {
            session,
            applied: &outcome.resources,
            pods: &pods,
            view: &view,
            stored: known,
            generation: subject.generation,
            complete,
            begun,
            refused_client: refused_client.as_deref(),
            clock,
        });
        self.write(subject, known, &owned).await?;

        let pending = (!begun || finishing == Progress::Pending).then_some(PENDING);
        let next = [recheck, missing, pending, outcome.waiting.then_some(LEAVING)];
        Ok(next.into_iter().flatten().min().map_or_else(resync, Action::requeue))
    }

    /// Why the Job has fewer pods than clients, or when to ask.
    async fn refused_client(
        &self,
        subject: &Subject,
        session: &Session,
        pods: &[Arc<Pod>],
        job: Option<&Job>,
        Clock { now, time, .. }: Clock,
    ) -> (Option<String>, Option<Duration>) {
        let wanted = usize::try_from(session.spec.clients).unwrap_or_default();
        let Some(job) = job.filter(|job| {
            session.stage == RunStage::Active
                && apply::ending(job).is_none()
                && status::client_pods(pods, job) < wanted
        }) else {
            return (None, None);
        };
        if let Some(left) = refusals::patience_left(job, time) {
            return (None, Some(left));
        }
        let known = self.remember(subject, |memory| memory.refusal.as_ref()?.holds(job, now));
        if let Some((refusal, left)) = known {
            return (refusal, Some(left));
        }
        let refusal = refusals::last_refusal(&self.client, job, pods, time).await;
        let answer = refusals::Answer::new(job, refusal.clone(), now);
        self.remember(subject, |memory| memory.refusal = Some(answer));
        (refusal, Some(refusals::PATIENCE))
    }

    async fn write(&self, subject: &Subject, known: &BallSessionStatus, owned: &Owned) -> Result<(), Error> {
        if update_status(&self.client, &self.metrics, subject, known, owned).await? {
            self.written(subject, known, owned);
        }
        Ok(())
    }

    /// After a write what was seen is outdated, and transitions are facts.
    fn written(&self, subject: &Subject, known: &BallSessionStatus, owned: &Owned) {
        self.remember(subject, |memory| memory.supersede(SESSION, &subject.version));
        for announcement in transitions(&Owned::stored(known), owned) {
            self.events.announce(&subject.reference, announcement);
        }
    }

    pub(super) fn remember<T>(&self, subject: &Subject, f: impl FnOnce(&mut Memory) -> T) -> T {
        self.memories.with(&subject.key, &subject.uid, f)
    }

    async fn refuse(
        &self,
        subject: &Subject,
        known: &BallSessionStatus,
        refused: Refused<'_>,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        let owned = status::refused(verdict, known, refused, Timestamp::now());
        self.write(subject, known, &owned).await
    }

    /// A stored object that is no session. Its status may be readable all the same, and must not be lost.
    async fn unreadable(&self, subject: &Subject, invalid: &InvalidObject) -> Result<Action, Error> {
        let namespace = subject.key.namespace.as_deref().unwrap_or_default();
        let resource = ApiResource::erase::<BallSession>(&());
        let sessions: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, &resource);
        let raw = match sessions.get(&subject.key.name).await {
            Ok(raw) => raw.data,
            Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(Action::await_change()),
            Err(error) => return Err(Error::Read(error)),
        };
        let known: BallSessionStatus = serde_json::from_value(raw["status"].clone()).unwrap_or_default();
        let is_bounded = raw["spec"].get("duration").is_some();
        let why = &invalid.error;
        let verdict = Reason::InvalidSpec.because(format!("the stored object cannot be read: {why}"));
        let refused = Refused { run: None, is_bounded, generation: subject.generation };
        let owned = status::refused(&verdict, &known, refused, Timestamp::now());
        if update_conditions(&self.client, &self.metrics, subject, &known, &owned).await? {
            self.written(subject, &known, &owned);
        }
        Ok(resync())
    }

    /// The verdict is the reports' writer's; that it changed is told here, with all other transitions.
    fn announce_objectives(&self, subject: &Subject, known: &BallSessionStatus) {
        let Some(met) = status::find(&known.conditions, OBJECTIVES_MET) else { return };
        let before = self.remember(subject, |memory| memory.objectives_met.replace(met.status.clone()));
        // The first that this process sees was told by another one, or is none yet.
        if met.status == "Unknown" || before.is_none_or(|before| before == met.status) {
            return;
        }
        let announcement = Announcement {
            is_warning: met.status == "False",
            action: "Judge",
            reason: if met.status == "True" { "ObjectivesMet".to_owned() } else { met.reason.clone() },
            note: status::bounded(&met.message),
        };
        self.events.announce(&subject.reference, announcement);
    }
}

fn job_replaced(session: &Session) -> Announcement {
    Announcement {
        is_warning: false,
        action: "Replace",
        reason: "JobReplaced".to_owned(),
        note: format!("Job {} cannot follow the session: it is deleted and made anew", session.client_name()),
    }
}

fn resync() -> Action {
    Action::requeue(between(RESYNC.0, RESYNC.1, fastrand::f64()))
}
