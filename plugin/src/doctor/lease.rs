//! The operator's lease: whether the replica that holds it is alive.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::doctor::check::{Check, Read};
use crate::doctor::leading::{Held, held};

const SUBJECT: &str = "lease";
/// The lease of one namespace and the operator's pods there, at `now`.
pub(crate) fn lease(
    namespace: &str,
    leases: &Read<Vec<Lease>>,
    pods: &Read<Vec<Pod>>,
    now: Timestamp,
) -> Check {
    let look = format!("kubectl -n {namespace} logs -l app.kubernetes.io/name=ballsession-operator");
    let lease = match leases {
        Err(error) => return Check::unread(SUBJECT, error),
        Ok(leases) => leases.first(),
    };
    let Some(Held { pod, age_seconds: age, is_late }) = lease.and_then(|lease| held(lease, now)) else {
        return Check::fail(SUBJECT, format!("no replica in {namespace} leads: nobody writes status"), &look);
    };
    if is_late {
        let finding =
            format!("{pod} has held it and has not renewed it for {age} s (by this machine's clock)");
        return Check::fail(SUBJECT, finding, &look);
    }
    match pods {
        Ok(pods) if !pods.iter().any(|one| one.name_any() == pod && is_ready(one)) => {
            Check::warn(SUBJECT, format!("{pod} holds it and is not ready"), &look)
        }
        _ => Check::ok(SUBJECT, format!("{pod} leads, and renewed it {} s ago", age.max(0))),
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Level;

    fn checked(holder: &str, age_seconds: i64, is_ready: bool) -> Check {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        let renewed = Timestamp::from_second(now.as_second() - age_seconds).unwrap();
        let lease_object = serde_json::from_value(json!({
            "metadata": {"name": "ballsession-operator"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": format!("{renewed:.6}")}
        }));
        let status = if is_ready { "True" } else { "False" };
        let pod = serde_json::from_value(json!({
            "metadata": {"name": "operator-1"}, "status": {"conditions": [{"type": "Ready", "status": status}]}
        }));
        lease("tower", &Ok(vec![lease_object.unwrap()]), &Ok(vec![pod.unwrap()]), now)
    }

    #[test]
    fn a_holder_is_alive_while_it_renews_and_its_pod_is_ready() {
        let good = checked("operator-1_u-7_00ff", 4, true);
        assert_eq!(
            (good.level, good.finding.as_str()),
            (Level::Ok, "operator-1 leads, and renewed it 4 s ago")
        );
        assert_eq!(
            checked("operator-1_u-7_00ff", -3, true).finding,
            "operator-1 leads, and renewed it 0 s ago"
        );
        assert_eq!(checked("operator-1_00ff", 46, true).level, Level::Fail);
        assert_eq!(checked("operator-1_00ff", 4, false).level, Level::Warn);
        assert_eq!(checked("operator-9_00ff", 4, true).level, Level::Warn);
        assert_eq!(checked("", 4, true).level, Level::Fail);
        let none = lease("tower", &Ok(Vec::new()), &Ok(Vec::new()), Timestamp::UNIX_EPOCH);
        assert_eq!(none.level, Level::Fail);
        assert_eq!(
            lease("tower", &Err("x".into()), &Ok(Vec::new()), Timestamp::UNIX_EPOCH).level,
            Level::Warn
        );
    }
}
