//! Something that is known of each client, as a text in which neighbours of which the same is known stand together:
//! `0-3:1,4:2`.

use std::collections::BTreeMap;

use crds::limits;

/// Reads such a text; `value` reads what stands behind the colon. `None` where it is none.
pub(super) fn parse<T: Copy>(text: &str, value: impl Fn(&str) -> Option<T>) -> Option<BTreeMap<u32, T>> {
    let mut known = BTreeMap::new();
    for run in text.split(',').filter(|run| !run.is_empty()) {
        let (range, of) = run.split_once(':')?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || !is_index(last) {
            return None;
        }
        let of = value(of)?;
        known.extend((first..=last).map(|index| (index, of)));
    }
    Some(known)
}

/// Writes it; `value` writes what stands behind the colon.
pub(super) fn text<T: Copy + PartialEq>(known: &BTreeMap<u32, T>, value: impl Fn(T) -> String) -> String {
    let mut runs: Vec<(u32, u32, T)> = Vec::new();
    for (index, of) in known {
        match runs.last_mut() {
            Some((_, last, before)) if before == of && *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index, *of)),
        }
    }
    let run = |(first, last, of): (u32, u32, T)| match first == last {
        true => format!("{first}:{}", value(of)),
        false => format!("{first}-{last}:{}", value(of)),
    };
    runs.into_iter().map(run).collect::<Vec<_>>().join(",")
}

/// Whether a session may have a client of this index.
pub(super) fn is_index(index: u32) -> bool {
    i32::try_from(index).is_ok_and(|index| index < i32::MAX && limits::CLIENTS.contains(index + 1))
}
