//! What the namespace's ResourceQuotas leave.

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota, ResourceQuotaSpec};
use kube::ResourceExt;

use crate::doctor::amount::amount;
use crate::doctor::check::{Check, Level, Read};

const SUBJECT: &str = "quota";

/// What a session with one client takes with the requests that the operator makes by itself, by what quotas call it.
const NEEDED: [(&str, &str); 15] = [
    ("pods", "2"),
    ("count/pods", "2"),
    ("requests.cpu", "150m"),
    ("cpu", "150m"),
    ("requests.memory", "112Mi"),
    ("memory", "112Mi"),
    ("services", "1"),
    ("count/services", "1"),
    ("count/deployments.apps", "1"),
    ("count/replicasets.apps", "1"),
    ("configmaps", "1"),
    ("count/configmaps", "1"),
    ("count/serviceaccounts", "1"),
    ("count/ballsessions.ballsession.dev", "1"),
    ("count/networkpolicies.networking.k8s.io", "0"),
];
/// What a pod must name where a quota counts it, and sessions do not.
const UNNAMED: [(&str, &str); 2] = [("limits.cpu", "cpu"), ("limits.memory", "memory")];

/// The scopes that all pods of sessions are in.
const SCOPES_OF_SESSIONS: [&str; 2] = ["NotTerminating", "NotBestEffort"];

/// A line for each quota; `limit_ranges` may give pods the limits that a quota asks for.
pub(crate) fn quotas(quotas: &Read<Vec<ResourceQuota>>, limit_ranges: &Read<Vec<LimitRange>>) -> Vec<Check> {
    match quotas {
        Err(error) => vec![Check::unread(SUBJECT, error)],
        Ok(quotas) if quotas.is_empty() => vec![Check::ok(SUBJECT, "the namespace has none")],
        Ok(quotas) => {
            let limit_ranges = limit_ranges.as_deref().unwrap_or_default();
            quotas.iter().map(|quota| check(quota, limit_ranges)).collect()
        }
    }
}

fn check(quota: &ResourceQuota, limit_ranges: &[LimitRange]) -> Check {
    let name = quota.name_any();
    let spec = quota.spec.clone().unwrap_or_default();
    let counts_sessions = counts_sessions(&spec);
    let status = quota.status.clone().unwrap_or_default();
    let used = status.used.unwrap_or_default();
    let hard = status.hard.or(spec.hard).unwrap_or_default();
    let mut left = Vec::new();
    let mut problems = Vec::new();
    for (what, limit) in &hard {
        let used = used.get(what).map_or("0", |used| used.0.as_str());
        let needed = NEEDED.iter().find(|(name, _)| name == what).map(|(_, needed)| *needed);
        if let Some((limit_number, used_number, needed_number)) =
            needed.and_then(|needed| Some((amount(&limit.0)?, amount(used)?, amount(needed)?)))
        {
            left.push(format!("{what} {used} of {}", limit.0));
            if limit_number - used_number < needed_number {
                let needed = needed.unwrap_or_default();
                problems.push(format!(
                    "{used} of {} {what} are used, and a session with one client takes {needed}",
                    limit.0
                ));
            }
        }
        let unnamed =
            UNNAMED.iter().find(|(name, resource)| name == what && !has_default(limit_ranges, resource));
        if unnamed.is_some() {
            problems.push(format!("it asks pods for {what}, which sessions do not name by themselves"));
        }
    }
    if !counts_sessions {
        return Check::ok(SUBJECT, format!("{name} has scopes, and may not count pods of sessions"));
    }
    if problems.is_empty() {
        let left =
            if left.is_empty() { "it counts nothing that sessions need".to_owned() } else { left.join(", ") };
        return Check::ok(SUBJECT, format!("{name}: {left}"));
    }
    let finding = format!("{name}: {}", problems.join("; "));
    let advice = "raise it, or set resources in spec.server and spec.client";
    Check { level: Level::Fail, ..Check::fail(SUBJECT, finding, advice) }
}

/// Whether a quota counts the pods of sessions for certain: their pods name no deadline, and what they request.
fn counts_sessions(spec: &ResourceQuotaSpec) -> bool {
    let selectors =
        spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    let mut selected = selectors.map(|selector| (selector.scope_name.as_str(), selector.operator.as_str()));
    let mut scopes = spec.scopes.iter().flatten();
    scopes.all(|scope| SCOPES_OF_SESSIONS.contains(&scope.as_str()))
        && selected.all(|(scope, operator)| SCOPES_OF_SESSIONS.contains(&scope) && operator == "Exists")
}

/// Whether containers that name no limit of a resource are given one.
fn has_default(limit_ranges: &[LimitRange], resource: &str) -> bool {
    let specs = limit_ranges.iter().filter_map(|range| range.spec.as_ref());
    let items = specs.flat_map(|spec| &spec.limits).filter(|item| item.type_ == "Container");
    items.filter_map(|item| item.default.as_ref()).any(|defaults| defaults.contains_key(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(hard: &Value, used: &Value, spec: &Value, ranges: &[Value]) -> Check {
        let quota =
            json!({"metadata": {"name": "tight"}, "spec": spec, "status": {"hard": hard, "used": used}});
        let ranges = ranges.iter().map(|range| serde_json::from_value(range.clone()).unwrap()).collect();
        quotas(&Ok(vec![serde_json::from_value(quota).unwrap()]), &Ok(ranges)).remove(0)
    }

    #[test]
    fn what_is_left_is_compared_with_what_a_session_takes() {
        let none = json!({});
        let good = checked(
            &json!({"pods": "10", "requests.cpu": "2"}),
            &json!({"pods": "3", "requests.cpu": "500m"}),
            &none,
            &[],
        );
        assert_eq!(good.level, Level::Ok);
        assert_eq!(good.finding, "tight: pods 3 of 10, requests.cpu 500m of 2");
        let tight = checked(&json!({"pods": "4"}), &json!({"pods": "3"}), &none, &[]);
        assert_eq!(tight.level, Level::Fail);
        assert!(
            tight.finding.starts_with("tight: 3 of 4 pods are used, and a session with one client takes 2: ")
        );
        let memory =
            checked(&json!({"requests.memory": "1Gi"}), &json!({"requests.memory": "1000Mi"}), &none, &[]);
        assert_eq!(memory.level, Level::Fail);
        let other = checked(&json!({"persistentvolumeclaims": "0"}), &none, &none, &[]);
        assert_eq!(other.finding, "tight: it counts nothing that sessions need");
    }

    #[test]
    fn limits_that_nobody_names_are_a_problem_unless_there_is_a_default() {
        let (hard, none) = (json!({"limits.cpu": "4"}), json!({}));
        assert_eq!(checked(&hard, &none, &none, &[]).level, Level::Fail);
        let range =
            json!({"metadata": {}, "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}});
        assert_eq!(checked(&hard, &none, &none, std::slice::from_ref(&range)).level, Level::Ok);
        let memory = json!({"limits.memory": "4Gi"});
        assert_eq!(checked(&memory, &none, &none, &[range]).level, Level::Fail);
    }

    #[test]
    fn a_quota_is_judged_where_its_scopes_have_the_pods_of_sessions() {
        let selected = |scope: &str, operator: &str| json!({"scopeSelector": {"matchExpressions": [{"scopeName": scope, "operator": operator}]}});
        for (spec, level) in [
            (json!({"scopes": ["Terminating"]}), Level::Ok),
            (json!({"scopes": ["NotTerminating", "BestEffort"]}), Level::Ok),
            (json!({"scopes": ["NotTerminating", "NotBestEffort"]}), Level::Fail),
            (selected("NotBestEffort", "Exists"), Level::Fail),
            (selected("PriorityClass", "Exists"), Level::Ok),
        ] {
            assert_eq!(checked(&json!({"pods": "0"}), &json!({}), &spec, &[]).level, level, "{spec}");
        }
        assert_eq!(quotas(&Ok(Vec::new()), &Ok(Vec::new()))[0].level, Level::Ok);
        assert_eq!(quotas(&Err("x".into()), &Ok(Vec::new()))[0].level, Level::Warn);
    }
}
