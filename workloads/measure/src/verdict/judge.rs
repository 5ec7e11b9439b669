//! The verdict of one moment.

use std::time::Duration;

use report::Cause;
use report::judged::{JudgedClient, JudgedNumbers, JudgedSession, Media};

use super::{Failure, Objectives, Pending, Place, Reason, Verdict};

/// Without a decoded frame for so long, a client that is to be there has no media.
const WITHOUT_MEDIA: f64 = 5.0;
/// A client that was never seen, and all clients after a change of the operator's own, are given so long.
const GRACE: f64 = 60.0;
/// Ratios and percentiles of a client count once it was wanted for so long, and for so many frames at the spec's rate.
const ENOUGH_SECONDS: f64 = 5.0;
const ENOUGH_FRAMES: f64 = 100.0;
/// Of the frames that fit into the time that is judged, the least share that can be asked for.
const FITTING: f64 = 0.9;

/// Compares a session with its objectives. What is `None` in the objectives is not judged; clients that are not wanted
/// are not either, but ClientsLost and NoMedia always are.
pub fn judge(session: &JudgedSession, objectives: &Objectives) -> Verdict {
    if session.is_suspended {
        return Verdict::inconclusive(Pending::Suspended, "the session is suspended");
    }
    let wanted: Vec<&JudgedClient> = session.clients.iter().filter(|client| client.is_wanted).collect();
    if wanted.is_empty() {
        return Verdict::inconclusive(Pending::NoClients, "no client is to be there");
    }
    let mut failures = without_media(&wanted);
    failures.extend(breaches(session, &wanted, objectives));
    if failures.is_empty() {
        failures.extend(missing(session, objectives));
    }
    failures.sort_by_key(|failure| failure.reason);
    let is_new = session.epoch_age_seconds.is_some_and(|age| age < GRACE);
    if is_new && !wanted.iter().all(|client| is_up(client, session)) {
        return Verdict::inconclusive(Pending::Starting, "the operator changed something less than 60 s ago");
    }
    if !failures.is_empty() {
        return Verdict::Missed(failures);
    }
    if let Some(client) = wanted.iter().find(|client| !has_had_media(client)) {
        return Verdict::inconclusive(Pending::Starting, format!("{} has no media yet", client.id));
    }
    let (have, need) = (session.all.settled, minimum(session, wanted.len(), objectives));
    if have < need {
        let message = format!("the fate of {have} frames is known, {need} are needed");
        return Verdict::inconclusive(Pending::InsufficientSamples, message);
    }
    // Frames alone do not make a ratio: a crowd has many of them in a moment.
    let asks_for_ratios = limits(objectives).iter().any(|limit| !limit.at_any_count);
    if asks_for_ratios && !is_judged(&session.all, session) {
        let seconds = session.all.wanted_seconds;
        let message = format!("clients were measured for {seconds} s, too little for any ratio");
        return Verdict::inconclusive(Pending::InsufficientSamples, message);
    }
    if objectives.recovery.is_some() && session.all.recovery_milliseconds.is_none() {
        let message = "no client has come back from another server process: how long that takes is not known";
        return Verdict::inconclusive(Pending::InsufficientSamples, message);
    }
    if objectives.delivered_percent.is_some() && session.all.delivered_percent.is_none() {
        let message = "nobody was to be there while the settled frames were sent, as far as it is known";
        return Verdict::inconclusive(Pending::InsufficientSamples, message);
    }
    Verdict::Met
}

/// Frames whose fate must be known for a good verdict: as many as asked for, but never more than there can be.
fn minimum(session: &JudgedSession, clients: usize, objectives: &Objectives) -> u64 {
    let fit = FITTING * session.span_seconds * f64::from(session.frames_per_second) * clients as f64;
    // Without any data there is nothing to judge, whatever the minimum says.
    objectives.minimum_frames.min(fit as u64).max(1)
}

fn has_had_media(client: &JudgedClient) -> bool {
    !matches!(client.media, Media::Awaited { .. } | Media::NeverHad { .. })
}

/// Whether a client has media, for long enough to be judged.
fn is_up(client: &JudgedClient, session: &JudgedSession) -> bool {
    client.media == Media::Flowing && is_judged(&client.numbers, session)
}

/// Whether ratios and percentiles count. What is enough never exceeds what can be in the time that is judged.
fn is_judged(numbers: &JudgedNumbers, session: &JudgedSession) -> bool {
    let frames = ENOUGH_FRAMES / f64::from(session.frames_per_second.max(1));
    let enough = frames.max(ENOUGH_SECONDS).min(FITTING * session.span_seconds);
    numbers.settled > 0 && numbers.wanted_seconds >= enough
}

fn place(client: &JudgedClient) -> Place {
    Place::Client { id: client.id.clone(), node: client.node.clone() }
}

/// For each of the two reasons the client that has been without media for the longest.
fn without_media(wanted: &[&JudgedClient]) -> Vec<Failure> {
    let absence = |client: &JudgedClient| match client.media {
        Media::Gone { seconds } if seconds >= WITHOUT_MEDIA => Some((Reason::ClientsLost, seconds)),
        Media::Stopped { seconds } | Media::NeverHad { seconds } if seconds >= WITHOUT_MEDIA => {
            Some((Reason::NoMedia, seconds))
        }
        Media::Awaited { seconds } if seconds >= GRACE => Some((Reason::NoMedia, seconds)),
        _ => None,
    };
    let longest = |reason| {
        let absent = wanted.iter().filter_map(|client| {
            absence(client).filter(|(found, _)| *found == reason).map(|(_, seconds)| (client, seconds))
        });
        absent.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(client, seconds)| Failure {
            reason,
            measured: Some(seconds),
            allowed: WITHOUT_MEDIA,
            place: place(client),
            cause: client.cause,
            vanishes_above: client.vanishes_above,
        })
    };
    [Reason::ClientsLost, Reason::NoMedia].into_iter().filter_map(longest).collect()
}

/// A limit, and how to read the number that it is compared with.
struct Limit {
    reason: Reason,
    allowed: f64,
    measured: fn(&JudgedNumbers) -> Option<f64>,
    /// Whether the number is compared at any count of frames.
    at_any_count: bool,
}

impl Limit {
    /// By how much it is breached, and the number that does; `None` where it is not, or where there is none.
    fn breach(&self, numbers: &JudgedNumbers) -> Option<(f64, f64)> {
        let measured = (self.measured)(numbers)?;
        self.excess(measured).map(|excess| (excess, measured))
    }

    /// By how much a number breaches the limit; `None` where it does not. A number that is none must not pass.
    fn excess(&self, measured: f64) -> Option<f64> {
        let excess = match self.reason {
            Reason::DeliveredTooLow => self.allowed - measured,
            _ => measured - self.allowed,
        };
        if excess.is_nan() { Some(f64::INFINITY) } else { Some(excess).filter(|excess| *excess > 0.0) }
    }
}

fn limits(objectives: &Objectives) -> Vec<Limit> {
    let in_milliseconds = |duration: Duration| duration.as_micros() as f64 / 1e3;
    let mut limits = Vec::new();
    let mut add =
        |reason, allowed: Option<f64>, at_any_count, measured: fn(&JudgedNumbers) -> Option<f64>| {
            limits.extend(allowed.map(|allowed| Limit { reason, allowed, measured, at_any_count }));
        };
    add(Reason::ErrorTooHigh, objectives.error_p95_pixels, false, |numbers| numbers.error_p95_pixels);
    add(Reason::LatencyTooHigh, objectives.latency_p95.map(in_milliseconds), false, |numbers| {
        numbers.latency_p95_milliseconds
    });
    add(Reason::LossTooHigh, objectives.loss_percent, false, |numbers| numbers.loss_percent);
    add(Reason::UndetectedTooHigh, objectives.undetected_percent, false, |numbers| {
        numbers.undetected_percent
    });
    add(Reason::DeliveredTooLow, objectives.delivered_percent, false, |numbers| numbers.delivered_percent);
    add(Reason::FreezeTooLong, objectives.longest_freeze.map(in_milliseconds), true, |numbers| {
        numbers.longest_freeze_milliseconds
    });
    add(Reason::RecoveryTooSlow, objectives.recovery.map(in_milliseconds), true, |numbers| {
        numbers.recovery_milliseconds
    });
    add(Reason::SetupTooSlow, objectives.setup_p95.map(in_milliseconds), true, |numbers| {
        numbers.setup_p95_milliseconds
    });
    limits
}

/// Each limit that is breached.
fn breaches(session: &JudgedSession, wanted: &[&JudgedClient], objectives: &Objectives) -> Vec<Failure> {
    limits(objectives).iter().filter_map(|limit| breach(limit, session, wanted)).collect()
}

/// A limit that is breached, at the client where it is breached most. Where none was there for long enough to breach it by
/// itself and all together do, it is the client that breaches it most so far, or did before it left, if one does.
fn breach(limit: &Limit, session: &JudgedSession, wanted: &[&JudgedClient]) -> Option<Failure> {
    let counts = |numbers: &JudgedNumbers| limit.at_any_count || is_judged(numbers, session);
    let wanted = || wanted.iter().copied();
    let together = || {
        let (_, measured) = limit.breach(&session.all).filter(|_| counts(&session.all))?;
        let client = worst(limit, wanted()).or_else(|| worst(limit, session.clients.iter()));
        Some(client.map_or((measured, None), |(measured, client)| (measured, Some(client))))
    };
    let judged = wanted().filter(|client| counts(&client.numbers));
    let worst_of_all = worst(limit, judged).map(|(measured, client)| (measured, Some(client)));
    worst_of_all.or_else(together).map(|(measured, client)| Failure {
        reason: limit.reason,
        measured: Some(measured),
        allowed: limit.allowed,
        place: client.map_or(Place::All, place),
        cause: limit.reason.possible(client.map_or(session.cause, |client| client.cause)),
        vanishes_above: client.and_then(|client| client.vanishes_above),
    })
}

/// Of the clients that breach a limit the one that does so most, and its number.
fn worst<'a>(
    limit: &Limit,
    clients: impl Iterator<Item = &'a JudgedClient>,
) -> Option<(f64, &'a JudgedClient)> {
    let breaching = clients.filter_map(|client| limit.breach(&client.numbers).map(|found| (found, client)));
    let worst = breaching.max_by(|((one, _), _), ((other, _), _)| one.total_cmp(other));
    worst.map(|((_, measured), client)| (measured, client))
}

/// Numbers that are asked for and not there, although there are frames to have them of: such a session never passes.
fn missing(session: &JudgedSession, objectives: &Objectives) -> Vec<Failure> {
    if session.all.settled < minimum(session, 1, objectives) {
        return Vec::new();
    }
    let was_wanted = |client: &JudgedClient| client.is_wanted && client.numbers.wanted_seconds > 0.0;
    let can_be = |limit: &Limit| match limit.reason {
        // Where the time is not known in which frames were to come there is no share of them either.
        Reason::DeliveredTooLow => session.all.wanted_seconds > 0.0,
        // The frames may be of clients that are not wanted any more, and freezes are of those that are: who is wanted
        // only since the window ended has none in it.
        Reason::FreezeTooLong => session.clients.iter().any(was_wanted),
        // Nobody had to come back yet.
        Reason::RecoveryTooSlow => false,
        _ => true,
    };
    let is_missing = |limit: &Limit| can_be(limit) && (limit.measured)(&session.all).is_none();
    let failure = |limit: Limit| Failure {
        reason: limit.reason,
        measured: None,
        allowed: limit.allowed,
        place: Place::All,
        cause: Cause::Unknown,
        vanishes_above: None,
    };
    limits(objectives).into_iter().filter(is_missing).map(failure).collect()
}

#[cfg(test)]
mod tests;
