//! Contends for the lease, and holds it, in a task of its own.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease as Record;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::api_error::describe;
use crate::lease::clock::Clock;
use crate::lease::election::{Election, Step};
use crate::lease::fence::Fence;
use crate::lease::metrics::{Metrics, Outcome};
use crate::lease::record;
use crate::lease::settings::Settings;

/// How often a release is tried: the holder is the only one to write a lease, save for people.
const RELEASES: usize = 3;

/// A lease that is contended for, from [`Lease::contend`] on, and held, from [`Lease::held`] on. When it is dropped
/// without [`Lease::release`], others wait until its time is over.
#[derive(Debug)]
pub struct Lease {
    name: String,
    state: watch::Receiver<State>,
    fence: Fence,
    clock: Clock,
    stop: CancellationToken,
    task: AbortHandle,
}

/// The lease is not ours and will not be again: whoever writes must stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lease {name} is lost: {why}")]
pub struct Lost {
    name: String,
    why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Why it is not held yet, as was read last; and until when somebody else holds it who may have stopped to renew it.
    Waiting(String, Option<Instant>),
    /// Why it is not even known who holds it.
    Unknown(String),
    Held,
    /// Why it is held no more.
    Over(String),
}

impl Lease {
    /// Contends for a lease from now on.
    pub fn contend(client: Client, settings: Settings, metrics: Metrics) -> Self {
        let name = format!("{}/{}", settings.namespace, settings.name);
        let (sender, state) = watch::channel(State::Unknown("not read yet".into()));
        let stop = CancellationToken::new();
        let clock = Clock::start();
        let fence = Fence::closed(clock);
        let keeper = Keeper {
            leases: Api::namespaced(client, &settings.namespace),
            election: Election::new(settings.clone()),
            settings,
            metrics,
            clock,
            fence: fence.clone(),
            sender,
            is_answered: false,
        };
        let task = tokio::spawn(keeper.run(stop.clone())).abort_handle();
        Self { name, state, fence, clock, stop, task }
    }

    /// What is open while the lease is held.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// Waits until the lease is held.
    ///
    /// # Errors
    /// Where it never will be, as after [`Lease::release`].
    pub async fn held(&self) -> Result<(), Lost> {
        let held = |state: &State| !matches!(state, State::Waiting(..) | State::Unknown(_));
        let state = self.state.clone().wait_for(held).await.map(|state| state.clone());
        match state {
            Ok(State::Held) => Ok(()),
            Ok(State::Over(why)) => Err(self.lost_because(why)),
            Ok(State::Waiting(..) | State::Unknown(_)) | Err(_) => Err(self.ended()),
        }
    }

    /// Waits until the lease is lost or released.
    pub async fn lost(&self) -> Lost {
        let over = |state: &State| matches!(state, State::Over(_));
        let state = self.state.clone().wait_for(over).await.map(|state| state.clone());
        match state {
            Ok(State::Over(why)) => self.lost_because(why),
            _ => self.ended(),
        }
    }

    /// What stands in the way of writing, if anything does.
    pub fn waiting_for(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Held if self.fence.is_open() => None,
            State::Held => Some(format!("the lease {} to be renewed", self.name)),
            State::Waiting(why, _) | State::Unknown(why) => Some(format!("the lease {}: {why}", self.name)),
            State::Over(why) => Some(format!("a restart, because the lease {} is lost: {why}", self.name)),
        }
    }

    /// Why nobody is known to lead, neither this process nor another one that renewed the lease in time: what only the holder
    /// writes may be old then.
    pub fn without_leader(&self) -> Option<String> {
        let other = match &*self.state.borrow() {
            State::Waiting(_, until) => until.is_some_and(|until| self.clock.now() < until),
            State::Unknown(_) | State::Held | State::Over(_) => false,
        };
        self.waiting_for().filter(|_| !other)
    }

    /// What keeps it from being held although nobody else holds it, as far as is known: whoever may not read it never takes over.
    pub fn missing(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Unknown(why) => Some(format!("the lease {}: {why}", self.name)),
            State::Waiting(..) | State::Held | State::Over(_) => None,
        }
    }

    /// Gives the lease up so that a successor need not wait, and waits until that is done or has failed. Nothing may be
    /// written any more when this is called.
    pub async fn release(&self) {
        self.fence.close();
        self.stop.cancel();
        // Each request has a limit, and with them the task. Its end shows in that it drops its side of the channel.
        let mut state = self.state.clone();
        while state.changed().await.is_ok() {}
    }

    fn lost_because(&self, why: String) -> Lost {
        Lost { name: self.name.clone(), why }
    }

    fn ended(&self) -> Lost {
        self.lost_because("its task ended".into())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.fence.close();
        self.task.abort();
    }
}

struct Keeper {
    leases: Api<Record>,
    settings: Settings,
    election: Election,
    metrics: Metrics,
    clock: Clock,
    fence: Fence,
    sender: watch::Sender<State>,
    /// The last request was answered, with a lease or a conflict.
    is_answered: bool,
}

impl Keeper {
    async fn run(mut self, stop: CancellationToken) {
        let end = loop {
            let step = self.election.next(self.clock.now(), Timestamp::now());
            let step = match step {
                Step::Lost(why) => break why,
                step => step,
            };
            if stop.is_cancelled() {
                self.release().await;
                break "it was released".to_owned();
            }
            self.publish();
            match step {
                Step::Wait(until) => tokio::select! {
                    () = tokio::time::sleep(self.clock.until(until)) => {}
                    () = stop.cancelled() => {}
                },
                step => self.request(step).await,
            }
        };
        self.fence.close();
        self.metrics.set_held(false);
        self.sender.send_replace(State::Over(end));
    }

    /// One request, and its outcome for the election.
    async fn request(&mut self, step: Step) {
        let sent = self.clock.now();
        let name = &self.settings.name;
        let until = self.election.held_until().map(|until| until.saturating_duration_since(sent));
        let limit = until.unwrap_or(Duration::MAX).min(self.settings.timing.request_timeout);
        match step {
            Step::Read => {
                let read = limited(limit, self.leases.get_opt(name)).await;
                match read {
                    Ok(lease) => {
                        self.is_answered = true;
                        self.metrics.count(Outcome::Read);
                        self.election.read(self.clock.now(), lease);
                    }
                    Err(failure) => self.failed(failure),
                }
            }
            Step::Create(lease) => {
                let written = limited(limit, self.leases.create(&PostParams::default(), &lease)).await;
                self.written(sent, written);
            }
            Step::Replace(lease) => {
                let written = limited(limit, self.leases.replace(name, &PostParams::default(), &lease)).await;
                self.written(sent, written);
            }
            Step::Wait(_) | Step::Lost(_) => {}
        }
    }

    fn written(&mut self, sent: Instant, written: Result<Record, Failure>) {
        match written {
            Ok(lease) => {
                self.is_answered = true;
                self.metrics.count(Outcome::Written);
                self.election.written(sent, lease);
            }
            Err(failure) => self.failed(failure),
        }
    }

    fn failed(&mut self, failure: Failure) {
        let now = self.clock.now();
        match failure {
            Failure::Refused => {
                self.is_answered = true;
                self.metrics.count(Outcome::Refused);
                self.election.refused(now);
            }
            Failure::Other(error) => {
                self.is_answered = false;
                self.metrics.count(Outcome::Failed);
                // Tried every second: once is enough to know. What a lease is waited for because of is logged with that.
                let is_held = self.election.held_until().is_some();
                if is_held && self.election.obstacle() != Some(error.as_str()) {
                    tracing::warn!(lease = self.settings.name, error, "lease request failed");
                }
                self.election.failed(now, error);
            }
        }
    }

    /// Publishes how it stands, and logs when that changed.
    fn publish(&self) {
        let state = match self.election.held_until() {
            Some(until) => {
                self.fence.open_until(until);
                State::Held
            }
            None => {
                let why = self.election.obstacle().unwrap_or("not read yet").to_owned();
                if self.is_answered {
                    State::Waiting(why, self.election.others_until())
                } else {
                    State::Unknown(why)
                }
            }
        };
        let was = self.sender.send_replace(state.clone());
        let Settings { namespace, name, identity, .. } = &self.settings;
        match (&was, &state) {
            (State::Waiting(..) | State::Unknown(_), State::Held) => {
                self.metrics.set_held(true);
                tracing::info!(namespace, name, identity, "lease held");
            }
            (State::Waiting(was, _) | State::Unknown(was), State::Waiting(why, _) | State::Unknown(why))
                if was != why =>
            {
                tracing::info!(namespace, name, identity, why, "waiting for the lease");
            }
            _ => {}
        }
    }

    /// A fresh reading first: an earlier write may have come through of which nothing is known here.
    async fn release(&self) {
        let name = &self.settings.name;
        let limit = self.settings.timing.request_timeout;
        for _ in 0..RELEASES {
            let released = limited(limit, self.try_release(name)).await;
            match released {
                Ok(()) => return self.metrics.count(Outcome::Written),
                Err(Failure::Refused) => self.metrics.count(Outcome::Refused),
                Err(Failure::Other(error)) => {
                    self.metrics.count(Outcome::Failed);
                    tracing::warn!(
                        lease = name,
                        error,
                        "release of the lease failed: a successor has to wait"
                    );
                    return;
                }
            }
        }
    }

    async fn try_release(&self, name: &str) -> kube::Result<()> {
        let Some(lease) = self.leases.get_opt(name).await? else { return Ok(()) };
        match record::released(&lease, &self.settings.identity, Timestamp::now()) {
            Some(free) => self.leases.replace(name, &PostParams::default(), &free).await.map(drop),
            None => Ok(()),
        }
    }
}

enum Failure {
    /// The lease was changed or deleted by somebody else, or created.
    Refused,
    /// Anything else.
    Other(String),
}

/// The client would try again by itself for minutes.
async fn limited<T>(limit: Duration, request: impl Future<Output = kube::Result<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(limit, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(kube::Error::Api(status))) if status.code == 409 || status.is_not_found() => {
            Err(Failure::Refused)
        }
        Ok(Err(error)) => Err(Failure::Other(describe(&error))),
        Err(_) => Err(Failure::Other(format!("no answer within {limit:?}"))),
    }
}
