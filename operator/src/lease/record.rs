//! What stands in a stored lease. A changed lease keeps the version it was read with: the API server refuses it if
//! somebody else was faster.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

use crate::session::labels;

/// A lease that does not exist yet, held by `identity`.
pub(super) fn created(
    namespace: &str,
    name: &str,
    identity: &str,
    duration: Duration,
    now: Timestamp,
) -> Lease {
    let lease = Lease {
        metadata: ObjectMeta {
            name: Some(name.into()),
            namespace: Some(namespace.into()),
            labels: Some([(labels::NAME.to_owned(), labels::OPERATOR.to_owned())].into()),
            ..ObjectMeta::default()
        },
        spec: None,
    };
    taken(&lease, identity, duration, now)
}

/// The same, held by `identity` from now on.
pub(super) fn taken(lease: &Lease, identity: &str, duration: Duration, now: Timestamp) -> Lease {
    changed(lease, |spec| {
        // The first holder does not make a transition.
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |count| count.saturating_add(1)));
        spec.holder_identity = Some(identity.into());
        spec.lease_duration_seconds = Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX).max(1));
        spec.acquire_time = Some(MicroTime(now));
        spec.renew_time = Some(MicroTime(now));
    })
}

/// The same, renewed by its holder.
pub(super) fn renewed(lease: &Lease, now: Timestamp) -> Lease {
    changed(lease, |spec| spec.renew_time = Some(MicroTime(now)))
}

/// The same without a holder, if that is `identity`.
pub(super) fn released(lease: &Lease, identity: &str, now: Timestamp) -> Option<Lease> {
    (holder(lease) == Some(identity)).then(|| {
        changed(lease, |spec| {
            spec.holder_identity = None;
            spec.renew_time = Some(MicroTime(now));
        })
    })
}

/// Who holds it, if anybody does.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    let holder = lease.spec.as_ref()?.holder_identity.as_deref()?;
    (!holder.is_empty()).then_some(holder)
}

/// How long its holder wants others to wait for a change.
pub(super) fn duration(lease: &Lease) -> Option<Duration> {
    let seconds = lease.spec.as_ref()?.lease_duration_seconds?;
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn changed(lease: &Lease, change: impl FnOnce(&mut LeaseSpec)) -> Lease {
    let mut lease = lease.clone();
    change(lease.spec.get_or_insert_default());
    lease
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored(spec: &serde_json::Value) -> Lease {
        serde_json::from_value(json!({
            "metadata": {"name": "l", "resourceVersion": "7", "annotations": {"note": "kept"}}, "spec": spec
        }))
        .unwrap()
    }

    #[test]
    fn the_whole_object() {
        let lease = created("tower", "operator", "a", Duration::from_secs(15), Timestamp::UNIX_EPOCH);
        assert_eq!(
            serde_json::to_value(lease).unwrap(),
            json!({
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {
                    "namespace": "tower", "name": "operator",
                    "labels": {"app.kubernetes.io/name": "ballsession-operator"}
                },
                "spec": {
                    "holderIdentity": "a", "leaseDurationSeconds": 15, "leaseTransitions": 0,
                    "acquireTime": "1970-01-01T00:00:00.000000Z", "renewTime": "1970-01-01T00:00:00.000000Z"
                }
            })
        );
    }

    #[test]
    fn a_change_keeps_the_version_and_what_others_wrote() {
        let lease =
            stored(&json!({"holderIdentity": "a", "leaseTransitions": 3, "leaseDurationSeconds": 60}));
        let now = Timestamp::UNIX_EPOCH;
        for changed in [
            taken(&lease, "b", Duration::from_secs(15), now),
            renewed(&lease, now),
            released(&lease, "a", now).unwrap(),
        ] {
            assert_eq!(changed.metadata, lease.metadata);
        }
        let spec = taken(&lease, "b", Duration::from_millis(15_900), now).spec.unwrap();
        assert_eq!((spec.lease_transitions, spec.lease_duration_seconds), (Some(4), Some(15)));
    }

    #[test]
    fn only_the_holder_releases() {
        let lease = stored(&json!({"holderIdentity": "a"}));
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(released(&lease, "b", now), None);
        let free = released(&lease, "a", now).unwrap();
        assert_eq!((holder(&free), released(&free, "a", now)), (None, None));
    }

    #[test]
    fn what_makes_no_sense_is_as_if_it_were_not_there() {
        let lease = stored(&json!({"holderIdentity": "", "leaseDurationSeconds": -5}));
        assert_eq!((holder(&lease), duration(&lease)), (None, None));
        let lease = stored(&json!({"holderIdentity": "a", "leaseDurationSeconds": 20}));
        assert_eq!((holder(&lease), duration(&lease)), (Some("a"), Some(Duration::from_secs(20))));
        let lease = Lease::default();
        assert_eq!((holder(&lease), duration(&lease)), (None, None));
    }
}
