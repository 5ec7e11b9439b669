//! Whether any operator is alive, by the leases of all: what a session says is of the time when one was.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use crate::doctor::check::Read;

/// By this machine's clock, which need not agree with that of the operator's node: so many durations late is dead.
const LATE: i64 = 3;

/// What leases say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leading {
    /// A replica holds one and renews it.
    Alive,
    /// None does; in words.
    Dead(String),
    /// They may not be read; why.
    Unknown(String),
}

/// Who holds a lease, and since when it has not been renewed.
pub(super) struct Held<'a> {
    pub(super) pod: &'a str,
    pub(super) age_seconds: i64,
    pub(super) is_late: bool,
}

/// What a lease says at `now`; `None` where nobody holds it.
pub(super) fn held(lease: &Lease, now: Timestamp) -> Option<Held<'_>> {
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.as_deref().filter(|holder| !holder.is_empty())?;
    let age_seconds = now.duration_since(spec.renew_time.as_ref()?.0).as_secs();
    let is_late = age_seconds > LATE * i64::from(spec.lease_duration_seconds?);
    // The pod's name comes first, and has no underscore.
    Some(Held { pod: holder.split('_').next().unwrap_or(holder), age_seconds, is_late })
}

/// What the leases of all operators say together at `now`.
pub(crate) fn leading(leases: &Read<Vec<Lease>>, now: Timestamp) -> Leading {
    let leases = match leases {
        Ok(leases) => leases,
        Err(error) => return Leading::Unknown(error.clone()),
    };
    let held: Vec<Held<'_>> = leases.iter().filter_map(|lease| held(lease, now)).collect();
    if held.iter().any(|held| !held.is_late) {
        return Leading::Alive;
    }
    let last = held.iter().map(|held| held.age_seconds).min();
    Leading::Dead(last.map_or_else(
        || "no operator holds its lease".to_owned(),
        |age| format!("no operator has renewed its lease for {age} s (by this machine's clock)"),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn lease(holder: &str, age_seconds: i64) -> Lease {
        let renewed = Timestamp::from_second(NOW.as_second() - age_seconds).unwrap();
        serde_json::from_value(json!({
            "metadata": {"name": "ballsession-operator"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": format!("{renewed:.6}")}
        }))
        .unwrap()
    }

    #[test]
    fn one_that_is_renewed_is_enough() {
        let dead = |words: &str| Leading::Dead(words.to_owned());
        for (leases, expected) in [
            (vec![lease("a_1", 45)], Leading::Alive),
            (vec![lease("a_1", 900), lease("b_1", -3)], Leading::Alive),
            (
                vec![lease("a_1", 900), lease("b_1", 46), lease("", 1)],
                dead("no operator has renewed its lease for 46 s (by this machine's clock)"),
            ),
            (vec![lease("", 1)], dead("no operator holds its lease")),
            (Vec::new(), dead("no operator holds its lease")),
        ] {
            assert_eq!(leading(&Ok(leases), NOW), expected);
        }
        assert_eq!(leading(&Err("forbidden".into()), NOW), Leading::Unknown("forbidden".into()));
    }
}
