//! The datagrams of a set-up by name, so that a chosen one can be lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::network::{Direction, Loses};

/// What a datagram opens with: the type of its first DTLS record, and the type and number of the message in it, or the
/// number of the record where that is encrypted. Repetitions have the same name.
pub(crate) type Name = (Direction, u8, u8, u8);

/// `None` for what is no DTLS.
pub(crate) fn name(direction: Direction, data: &[u8]) -> Option<Name> {
    match *data {
        [20, ..] => Some((direction, 20, 0, 0)),
        // Alerts end a session and do not set one up.
        [kind @ (22 | 23), _, _, _, epoch, _, _, _, _, _, record, _, _, message, _, _, _, _, number, ..] => {
            Some(if epoch == 0 { (direction, kind, message, number) } else { (direction, kind, 0, record) })
        }
        _ => None,
    }
}

/// Loses nothing, and collects the names of what it carries.
pub(crate) fn collect(names: Arc<Mutex<Vec<Name>>>) -> Loses {
    Box::new(move |direction, data| {
        if let Some(name) = name(direction, data) {
            let mut names = names.lock().unwrap();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        false
    })
}

/// Loses a datagram the first few times it comes.
pub(crate) fn lose(lost: Name, times: usize) -> Loses {
    let mut counts: HashMap<Name, usize> = HashMap::new();
    Box::new(move |direction, data| {
        let Some(name) = name(direction, data) else { return false };
        let count = counts.entry(name).or_default();
        *count += 1;
        name == lost && *count <= times
    })
}

/// Loses this part of all datagrams, by chance.
pub(crate) fn lose_some(part: f64, seed: u64) -> Loses {
    let mut random = fastrand::Rng::with_seed(seed);
    Box::new(move |_, _| random.f64() < part)
}
