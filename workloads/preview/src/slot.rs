//! Room for one thing on its way from one thread to another: a newer one takes an older one's place.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Puts things into the slot. Dropping it closes the slot.
#[derive(Debug)]
pub(crate) struct SlotSender<T>(Arc<Slot<T>>);

/// Takes things out of the slot.
#[derive(Debug)]
pub(crate) struct SlotReceiver<T>(Arc<Slot<T>>);

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    thing: Option<T>,
    closed: bool,
}

/// Both ends of an empty slot.
pub(crate) fn slot<T>() -> (SlotSender<T>, SlotReceiver<T>) {
    let state = Mutex::new(State { thing: None, closed: false });
    let slot = Arc::new(Slot { state, changed: Condvar::new() });
    (SlotSender(Arc::clone(&slot)), SlotReceiver(slot))
}

impl<T> SlotSender<T> {
    /// Puts `thing` into the slot and returns at once; what has not been taken by then is dropped.
    pub(crate) fn put(&self, thing: T) {
        let older = self.0.lock().thing.replace(thing);
        self.0.changed.notify_one();
        drop(older);
    }
}

impl<T> Drop for SlotSender<T> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<T> SlotReceiver<T> {
    /// Waits for a thing; `None` once the slot is closed and empty.
    pub(crate) fn take(&self) -> Option<T> {
        let waits = |state: &mut State<T>| state.thing.is_none() && !state.closed;
        let state = self.0.changed.wait_while(self.0.lock(), waits);
        state.unwrap_or_else(PoisonError::into_inner).thing.take()
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_taken_and_the_end_is_told() {
        let (giver, taker) = slot();
        giver.put(1);
        giver.put(2);
        assert_eq!(taker.take(), Some(2));
        giver.put(3);
        drop(giver);
        assert_eq!((taker.take(), taker.take()), (Some(3), None));
    }

    #[test]
    fn a_taker_waits() {
        let (giver, taker) = slot();
        let taken = std::thread::spawn(move || [taker.take(), taker.take()]);
        giver.put("thing");
        let gone = Arc::downgrade(&giver.0);
        drop(giver);
        // Both came, or the second end came first: either way it has ended.
        let taken = taken.join().unwrap();
        assert_eq!((taken, gone.strong_count()), ([Some("thing"), None], 0));
    }
}
