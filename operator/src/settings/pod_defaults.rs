//! What the pods of all sessions have unless their session says otherwise, and how the two go together.

use crds::{PodIdentity, PodSettings};
use k8s_openapi::api::core::v1::{Toleration, TopologySpreadConstraint};

/// The defaults for the two kinds of pods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodDefaults {
    /// Those of servers.
    pub server: PodSettings,
    /// Those of clients.
    pub client: PodSettings,
}

/// The settings of a pod: what is set in `own`, and of `defaults` the rest. Maps have the entries of both, and so have lists;
/// of those with the same key `own` has the say. Anything else is one or the other.
pub fn with_defaults(own: &PodSettings, defaults: &PodSettings) -> PodSettings {
    // Without `..`: a setting that is forgotten here does not compile.
    let PodSettings {
        image,
        image_pull_policy,
        image_pull_secrets,
        resources,
        node_selector,
        affinity,
        tolerations,
        topology_spread_constraints,
        priority_class_name,
        runtime_class_name,
        scheduler_name,
        env,
        security_context,
        pod_labels,
        pod_annotations,
    } = own.clone();
    let others = defaults.clone();
    PodSettings {
        image: image.or(others.image),
        image_pull_policy: image_pull_policy.or(others.image_pull_policy),
        image_pull_secrets: joined(image_pull_secrets, others.image_pull_secrets, |a, b| a.name == b.name),
        resources: resources.or(others.resources),
        node_selector: others.node_selector.into_iter().chain(node_selector).collect(),
        affinity: affinity.or(others.affinity),
        tolerations: joined(tolerations, others.tolerations, is_same_toleration),
        topology_spread_constraints: joined(
            topology_spread_constraints,
            others.topology_spread_constraints,
            is_same_constraint,
        ),
        priority_class_name: priority_class_name.or(others.priority_class_name),
        runtime_class_name: runtime_class_name.or(others.runtime_class_name),
        scheduler_name: scheduler_name.or(others.scheduler_name),
        env: joined(env, others.env, |a, b| a.name == b.name),
        security_context: identity(security_context, others.security_context),
        pod_labels: others.pod_labels.into_iter().chain(pod_labels).collect(),
        pod_annotations: others.pod_annotations.into_iter().chain(pod_annotations).collect(),
    }
}

fn identity(own: PodIdentity, defaults: PodIdentity) -> PodIdentity {
    let PodIdentity {
        run_as_user,
        run_as_group,
        fs_group,
        supplemental_groups,
        se_linux_options,
        seccomp_profile,
    } = own;
    PodIdentity {
        run_as_user: run_as_user.or(defaults.run_as_user),
        run_as_group: run_as_group.or(defaults.run_as_group),
        fs_group: fs_group.or(defaults.fs_group),
        supplemental_groups: joined(supplemental_groups, defaults.supplemental_groups, |a, b| a == b),
        se_linux_options: se_linux_options.or(defaults.se_linux_options),
        seccomp_profile: seccomp_profile.or(defaults.seccomp_profile),
    }
}

/// `own`, and those of `defaults` that are about something else.
fn joined<T>(own: Vec<T>, defaults: Vec<T>, is_same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut all = own;
    let known = all.len();
    for default in defaults {
        if !all[..known].iter().any(|own| is_same(own, &default)) {
            all.push(default);
        }
    }
    all
}

fn is_same_toleration(a: &Toleration, b: &Toleration) -> bool {
    // For how long is what one says about the taint that the rest names.
    let taint = |of: &Toleration| Toleration { toleration_seconds: None, ..of.clone() };
    taint(a) == taint(b)
}

/// By what the API server takes them for the same.
fn is_same_constraint(a: &TopologySpreadConstraint, b: &TopologySpreadConstraint) -> bool {
    (&a.topology_key, &a.when_unsatisfiable) == (&b.topology_key, &b.when_unsatisfiable)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn joined_json(own: &Value, defaults: &Value) -> Value {
        let of = |value: &Value| serde_json::from_value::<PodSettings>(value.clone()).unwrap();
        serde_json::to_value(with_defaults(&of(own), &of(defaults))).unwrap()
    }

    #[test]
    fn what_one_of_them_sets_is_set() {
        let all = json!({
            "image": "mine:1", "imagePullPolicy": "Never", "imagePullSecrets": [{"name": "mirror"}],
            "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"disk": "ssd"},
            "affinity": {"podAntiAffinity": {}}, "tolerations": [{"key": "media", "operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "priorityClassName": "canaries", "runtimeClassName": "sandboxed", "schedulerName": "packing",
            "env": [{"name": "LANG", "value": "C"}],
            "securityContext": {
                "runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4], "seLinuxOptions": {"level": "s0"},
                "seccompProfile": {"type": "Localhost", "localhostProfile": "media.json"}
            },
            "podLabels": {"team": "media"}, "podAnnotations": {"note": "n"}
        });
        assert_eq!(joined_json(&all, &json!({})), all);
        assert_eq!(joined_json(&json!({}), &all), all);
        assert_eq!(joined_json(&all, &all), all);
    }

    #[test]
    fn entries_of_maps_and_lists_are_joined_and_the_sessions_own_count() {
        let own = json!({
            "imagePullSecrets": [{"name": "b"}], "nodeSelector": {"disk": "ssd", "pool": "own"},
            "tolerations": [{"key": "lost", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
            "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "env": [{"name": "LANG", "value": "C"}], "securityContext": {"runAsUser": 7}, "podLabels": {"team": "own"}
        });
        let defaults = json!({
            "imagePullSecrets": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"pool": "media", "gpu": "no"},
            "tolerations": [
                {"key": "media", "operator": "Exists"},
                {"key": "lost", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
            ],
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
            ],
            "env": [{"name": "LANG", "value": "en"}, {"name": "TZ", "value": "UTC"}],
            "securityContext": {"runAsUser": 9, "fsGroup": 9}, "podLabels": {"team": "all", "cost": "c"}
        });
        assert_eq!(
            joined_json(&own, &defaults),
            json!({
                "imagePullSecrets": [{"name": "b"}, {"name": "a"}],
                "nodeSelector": {"disk": "ssd", "pool": "own", "gpu": "no"},
                "tolerations": [
                    {"key": "lost", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
                    {"key": "media", "operator": "Exists"}
                ],
                "topologySpreadConstraints": [
                    {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
                ],
                "env": [{"name": "LANG", "value": "C"}, {"name": "TZ", "value": "UTC"}],
                "securityContext": {"runAsUser": 7, "fsGroup": 9}, "podLabels": {"team": "own", "cost": "c"}
            })
        );
    }

    #[test]
    fn what_is_one_value_is_replaced_as_a_whole() {
        let own = json!({"resources": {"requests": {"cpu": "1"}}, "priorityClassName": "mine"});
        let defaults = json!({"resources": {"limits": {"memory": "1Gi"}}, "priorityClassName": "all"});
        assert_eq!(joined_json(&own, &defaults), own);
    }
}
