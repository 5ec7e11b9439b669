//! Gives connections their slots, and ends those that have to make way.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::slots::{Limits, Refused, SlotId, Slots};

/// The slots of a listener.
pub struct Admission {
    slots: Arc<Mutex<Slots<CancellationToken>>>,
}

/// A connection that has a slot, which it leaves however it ends.
pub struct Admitted {
    /// What it has come to.
    pub activity: Activity,
    /// Whether another one had to make way for it.
    pub has_displaced: bool,
    end: CancellationToken,
    id: SlotId,
    slots: Arc<Mutex<Slots<CancellationToken>>>,
}

impl Admission {
    /// All slots are free.
    pub fn new(limits: Limits) -> Self {
        Self { slots: Arc::new(Mutex::new(Slots::new(limits))) }
    }

    /// Gives a connection from `source` a slot; nothing is waited for.
    ///
    /// # Errors
    /// Where there is none.
    pub fn admit(&self, source: IpAddr, now: Instant) -> Result<Admitted, Refused> {
        let (activity, end) = (Activity::begin(now), CancellationToken::new());
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, displaced) = slots.acquire(source, activity.clone(), end.clone(), now)?;
        let has_displaced = displaced.inspect(CancellationToken::cancel).is_some();
        Ok(Admitted { activity, has_displaced, end, id, slots: Arc::clone(&self.slots) })
    }
}

impl Admitted {
    /// Runs the connection until it ends, or has to make way.
    pub async fn run(self, connection: impl Future<Output = ()>) {
        self.end.run_until_cancelled(connection).await;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).release(self.id);
    }
}
