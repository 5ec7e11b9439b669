//! When keys are made, used and forgotten. Pure: time is an argument, and who makes keys as well.
//!
//! | when | what |
//! |---|---|
//! | there are none, or they are not valid | made, and used at once: nothing could be lost by it |
//! | [`AGE`] after an authority was made, or when a person asks for it | the next one is made, and published beside it |
//! | [`PUBLISHED_FOR`] after all sessions have been given it | its certificate is served |
//! | [`TRUSTED_FOR`] after that | the former one is forgotten |
//!
//! So whoever has been given authorities within the last [`PUBLISHED_FOR`] trusts the one behind the certificate that is
//! served, whenever that is: the kubelet brings a ConfigMap to its pods within about two minutes.

use std::time::Duration;

use jiff::Timestamp;

use crate::certificates::authority::{Authority, Issued};
use crate::certificates::keyring::{Former, Keyring};
use crate::timestamps::between;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long an authority is valid from when it is made. An operator that does not run for a third of that begins anew.
pub(super) const LIFE: Duration = Duration::from_secs(90 * DAY.as_secs());
/// Since when it is valid, before it is made: clocks of nodes differ.
pub(super) const BACKDATED: Duration = Duration::from_secs(7 * DAY.as_secs());
/// The age at which the next one is made.
const AGE: Duration = Duration::from_secs(60 * DAY.as_secs());
/// How long all sessions have been given the next one before its certificate is served.
const PUBLISHED_FOR: Duration = Duration::from_secs(600);
/// How long a session can keep that from happening whose authorities cannot be written.
const PATIENCE: Duration = DAY;
/// How long the former one is trusted.
const TRUSTED_FOR: Duration = DAY;
/// More steps than can be due at once.
const MOST_STEPS: usize = 8;

/// Makes keys.
pub trait Issue: Send + Sync {
    /// An authority of this moment, whose certificate is for `names`.
    ///
    /// # Errors
    /// Where it cannot be made.
    fn authority(&self, names: &[String], now: Timestamp) -> Result<Authority, IssueError>;

    /// Another certificate by this authority.
    ///
    /// # Errors
    /// Where it cannot be made.
    fn certificate(&self, authority: &Authority, names: &[String]) -> Result<Issued, IssueError>;
}

/// Keys that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a certificate for {names}: {cause}")]
pub struct IssueError {
    /// For whom it was to be.
    pub names: String,
    /// Why not.
    pub cause: String,
}

/// What decides about the next step, beside what is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    /// What the certificate has to be for.
    pub(super) names: &'a [String],
    /// What is asked for by a person; something else than before asks for other keys.
    pub(super) request: Option<&'a str>,
    /// How long all sessions have had the authorities that are stored, as far as is known.
    pub(super) published_for: Option<Duration>,
    /// How long these authorities have been known to be stored.
    pub(super) known_for: Duration,
    /// The time by the calendar.
    pub(super) now: Timestamp,
}

/// A step that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Began with new keys, which nobody has been told to trust.
    Begun,
    /// Made the next authority.
    Prepared,
    /// Serves the next one's certificate.
    Switched,
    /// Forgot the former one.
    Forgotten,
    /// Made a certificate for other names.
    Renamed,
}

impl Step {
    /// The name in metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Prepared => "prepared",
            Self::Switched => "switched",
            Self::Forgotten => "forgotten",
            Self::Renamed => "renamed",
        }
    }
}

/// Takes all steps that are due. What is to be stored then, and which steps these were.
///
/// # Errors
/// Where keys cannot be made.
pub(super) fn advance(
    keyring: Option<Keyring>,
    mut situation: Situation<'_>,
    issue: &dyn Issue,
) -> Result<(Keyring, Vec<Step>), IssueError> {
    let mut steps = Vec::new();
    let mut keyring = match keyring {
        Some(keyring) => keyring,
        None => {
            steps.push(Step::Begun);
            begin(situation, issue)?
        }
    };
    // None is due again when it was taken.
    while let Some(step) = due(&keyring, situation).filter(|_| steps.len() < MOST_STEPS) {
        keyring = take(keyring, step, situation, issue)?;
        steps.push(step);
        // Nobody has been given what is made now.
        (situation.published_for, situation.known_for) = (None, Duration::ZERO);
    }
    Ok((keyring, steps))
}

fn begin(situation: Situation<'_>, issue: &dyn Issue) -> Result<Keyring, IssueError> {
    let current = issue.authority(situation.names, situation.now)?;
    let request = situation.request.map(str::to_owned);
    Ok(Keyring { former: None, current, next: None, request })
}

fn due(keyring: &Keyring, situation: Situation<'_>) -> Option<Step> {
    let Situation { names, now, .. } = situation;
    let Keyring { former, current, next, request } = keyring;
    let is_valid = |authority: &Authority| is_valid(authority, now);
    if !is_valid(current) {
        return Some(if next.as_ref().is_some_and(is_valid) { Step::Switched } else { Step::Begun });
    }
    if [Some(current), next.as_ref()].into_iter().flatten().any(|authority| authority.issued.names != names) {
        return Some(Step::Renamed);
    }
    match next {
        Some(next) if is_published(next, situation) => return Some(Step::Switched),
        Some(_) => {}
        None => {
            let is_asked = situation.request.is_some_and(|asked| request.as_deref() != Some(asked));
            if is_asked || between(current.made_at, now) >= AGE {
                return Some(Step::Prepared);
            }
        }
    }
    let is_over = |former: &Former| between(former.replaced_at, now) >= TRUSTED_FOR;
    former.as_ref().is_some_and(is_over).then_some(Step::Forgotten)
}

/// Whether everybody trusts `next` by now, or nothing better is to be expected.
fn is_published(next: &Authority, situation: Situation<'_>) -> bool {
    let Situation { published_for, known_for, now, .. } = situation;
    published_for.is_some_and(|time| time >= PUBLISHED_FOR)
        || (known_for >= PUBLISHED_FOR && between(next.made_at, now) >= PATIENCE)
}

/// Neither over nor, where a clock was put right since it was made, to come.
fn is_valid(authority: &Authority, now: Timestamp) -> bool {
    now < authority.expires_at && between(now, authority.made_at) < BACKDATED
}

fn take(
    keyring: Keyring,
    step: Step,
    situation: Situation<'_>,
    issue: &dyn Issue,
) -> Result<Keyring, IssueError> {
    let Situation { names, now, .. } = situation;
    let Keyring { mut former, mut current, mut next, mut request } = keyring;
    match step {
        Step::Prepared => {
            next = Some(issue.authority(names, now)?);
            request = situation.request.map(str::to_owned);
        }
        Step::Switched => {
            if let Some(next) = next.take() {
                let Authority { name, certificate, .. } = std::mem::replace(&mut current, next);
                former = Some(Former { name, certificate, replaced_at: now });
            }
        }
        Step::Forgotten => former = None,
        Step::Renamed => {
            for authority in [Some(&mut current), next.as_mut()].into_iter().flatten() {
                authority.issued = issue.certificate(authority, names)?;
            }
        }
        Step::Begun => return begin(situation, issue),
    }
    Ok(Keyring { former, current, next, request })
}

#[cfg(test)]
pub(super) mod tests;
