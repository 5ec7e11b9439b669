//! Children that somebody else changes back each time: who that is, and when to try again. Two that want different things would
//! write without end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crds::contract::{APPLIED_HASH_ANNOTATION, CONTROLLER_FIELD_MANAGER};
use kube::{Resource, ResourceExt};

use crate::backoff::Backoff;

/// So often a child is made what it shall be without asking: people and tools edit once or twice.
const PATIENCE: u32 = 3;
/// The pause before the next attempt.
const PAUSES: Backoff = Backoff { first: Duration::from_secs(5), most: Duration::from_secs(60) };
/// What nobody has changed back for so long is at peace.
const PEACE: Duration = Duration::from_secs(120);

/// Who it is where the fields are noted as ours, and the stamp is another one's.
pub(super) const ANOTHER_OPERATOR: &str =
    "another operator of BallSession, which must not watch the same namespace,";
/// Who it is where nothing is noted: a webhook, or whoever only takes away.
const SOMEBODY: &str = "somebody";

/// What others contest of one session, by child.
#[derive(Debug, Default)]
pub(in crate::controller) struct Contests(BTreeMap<String, Contest>);

#[derive(Debug)]
struct Contest {
    /// The hash of what was applied.
    wish: String,
    applied: Instant,
    /// It was found changed since it was applied.
    is_undone: bool,
    /// How often it was.
    undone: u32,
    by: String,
}

impl Contest {
    fn is_at_peace(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.applied) >= PEACE
    }

    /// Who contests it, if anybody does.
    fn by(&self) -> Option<String> {
        (self.undone >= PATIENCE).then(|| self.by.clone())
    }

    fn pause(&self) -> Duration {
        PAUSES.longest(self.undone - PATIENCE + 1)
    }
}

impl Contests {
    /// A child is not as `wish` names, and was changed by `by` last. Who contests it, if it is to be left alone for now.
    pub(in crate::controller) fn differs(
        &mut self,
        child: &str,
        wish: &str,
        by: &str,
        now: Instant,
    ) -> Option<String> {
        let contest = self.known(child, wish, now)?;
        if !std::mem::replace(&mut contest.is_undone, true) {
            contest.undone = contest.undone.saturating_add(1);
            by.clone_into(&mut contest.by);
        }
        contest.by().filter(|_| now < contest.applied + contest.pause())
    }

    /// `wish` was applied to a child. Who contests it, if anybody did so far.
    pub(in crate::controller) fn applied(&mut self, child: &str, wish: &str, now: Instant) -> Option<String> {
        if let Some(contest) = self.known(child, wish, now) {
            (contest.applied, contest.is_undone) = (now, false);
            return contest.by();
        }
        let (wish, by) = (wish.to_owned(), String::new());
        self.0.insert(child.to_owned(), Contest { wish, applied: now, is_undone: false, undone: 0, by });
        None
    }

    /// A child is as `wish` names. Who may change that again.
    pub(super) fn rests(&mut self, child: &str, wish: &str, now: Instant) -> Option<String> {
        self.known(child, wish, now)?.by()
    }

    /// Another wish is not contested yet.
    fn known(&mut self, child: &str, wish: &str, now: Instant) -> Option<&mut Contest> {
        let is_known = self.0.get(child).is_some_and(|known| known.wish == wish && !known.is_at_peace(now));
        if !is_known {
            self.0.remove(child);
        }
        self.0.get_mut(child)
    }
}

/// Who changed an object last to which `wish` was applied, as the API server noted it. Scaling is noted by its subresource; a status
/// is no part of what a child shall be.
pub(super) fn changed_by<K: Resource>(live: &K, wish: &str) -> String {
    let entries = live.meta().managed_fields.iter().flatten();
    let of_object = entries.filter(|entry| entry.subresource.as_deref() != Some("status"));
    let manager = |name: &Option<String>| name.clone().filter(|name| name != CONTROLLER_FIELD_MANAGER);
    // Their times are seconds: what is ours is the earlier one.
    let last = of_object
        .max_by_key(|entry| (entry.time.as_ref().map(|time| time.0), manager(&entry.manager).is_some()));
    let other = last.and_then(|entry| manager(&entry.manager));
    let is_restamped = || live.annotations().get(APPLIED_HASH_ANNOTATION).is_some_and(|stamp| stamp != wish);
    other.unwrap_or_else(|| if is_restamped() { ANOTHER_OPERATOR } else { SOMEBODY }.to_owned())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::json;

    use super::*;

    /// Somebody changes a child back a second after each write of ours; who is named, and what is written, second by second.
    #[test]
    fn whoever_changes_a_child_back_each_time_is_named_and_left_alone() {
        let (mut contests, start) = (Contests::default(), Instant::now());
        let mut applied = vec![0];
        contests.applied("Deployment/a", "w", start);
        let mut named_at = None;
        for second in 1..600 {
            let now = start + Duration::from_secs(second);
            match contests.differs("Deployment/a", "w", "flux", now) {
                Some(by) => {
                    assert_eq!(by, "flux");
                    named_at.get_or_insert(second);
                }
                None => {
                    applied.push(second);
                    let by = contests.applied("Deployment/a", "w", now);
                    assert_eq!(
                        by.is_some(),
                        named_at.is_some(),
                        "what is said does not change with each attempt"
                    );
                }
            }
        }
        assert_eq!((&applied[..7], named_at), (&[0, 1, 2, 7, 17, 37, 77][..], Some(3)));
        assert!(applied.len() < 20, "{applied:?}");
        // It stays as it is: after a while nobody is to blame.
        let last = start + Duration::from_secs(600);
        contests.applied("Deployment/a", "w", last);
        assert!(contests.rests("Deployment/a", "w", last + Duration::from_secs(119)).is_some());
        assert_eq!(contests.rests("Deployment/a", "w", last + Duration::from_secs(120)), None);
        assert_eq!(contests.differs("Deployment/a", "w", "flux", last + Duration::from_secs(121)), None);
    }

    #[test]
    fn wishes_that_change_and_edits_now_and_then_are_no_contest() {
        let (mut contests, start) = (Contests::default(), Instant::now());
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            let wish = if second % 2 == 0 { "a" } else { "b" };
            assert_eq!(contests.differs("Service/a", wish, "x", now), None);
            assert_eq!(contests.applied("Service/a", wish, now), None);
            let seldom = start + Duration::from_secs(second * 130);
            assert_eq!(contests.differs("Service/b", "a", "x", seldom), None);
            assert_eq!(contests.applied("Service/b", "a", seldom), None);
        }
        // To look again is no further change.
        for _ in 0..10 {
            assert_eq!(contests.differs("Service/a", "b", "x", start + Duration::from_secs(100)), None);
        }
    }

    #[test]
    fn who_changed_an_object_last_is_what_is_noted_of_it() {
        let stamped = |stamp: &str, entries: serde_json::Value| {
            let annotations = json!({APPLIED_HASH_ANNOTATION: stamp});
            let service = json!({"metadata": {"annotations": annotations, "managedFields": entries}});
            changed_by(&serde_json::from_value::<Service>(service).unwrap(), "w")
        };
        let by = |entries| stamped("another", entries);
        let ours = json!({"manager": CONTROLLER_FIELD_MANAGER, "operation": "Apply", "time": "2026-01-01T00:00:05Z"});
        let of = |manager: &str, second: u8, subresource: &str| {
            json!({"manager": manager, "operation": "Update", "subresource": subresource,
                   "time": format!("2026-01-01T00:00:0{second}Z")})
        };
        assert_eq!(by(json!([ours, of("kubectl-edit", 5, ""), of("kcm", 9, "status")])), "kubectl-edit");
        assert_eq!(by(json!([of("kubectl-edit", 4, ""), ours])), ANOTHER_OPERATOR);
        // An autoscaler is not another operator, for which the session's clients would stop.
        assert_eq!(stamped("w", json!([ours, of("hpa", 6, "scale"), of("kcm", 9, "status")])), "hpa");
        assert_eq!(stamped("w", json!([of("kubectl-edit", 4, ""), ours])), SOMEBODY);
        assert_eq!(changed_by(&Service::default(), "w"), SOMEBODY);
    }
}
