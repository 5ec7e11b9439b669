//! Values that no pod may have. What they may be together is known to the API server alone.

use std::collections::BTreeMap;

use crds::contract::{OWN_PREFIX, OWN_VARIABLES};
use crds::{PodIdentity, PodSettings, SeccompType};
use k8s_openapi::api::core::v1::{ResourceRequirements, Toleration};

use crate::kube_names::{is_label_word, is_subdomain};
use crate::quantity::is_amount;
use crate::settings::error::InvalidDefaults;

/// The labels that Kubernetes recommends, by which the operator finds its pods.
const RECOMMENDED_PREFIX: &str = "app.kubernetes.io/";
/// The greatest id of a user or group.
const MOST_ID: i64 = i32::MAX as i64;

type Checked = Result<(), InvalidDefaults>;

/// Checks the defaults of a part, which is the path that they are at.
pub(super) fn check(part: &str, settings: &PodSettings) -> Checked {
    let at = |field: &str| format!("{part}.{field}");
    if settings.image.is_some() {
        let flag = match part {
            "server" => "--server-image",
            "client" => "--client-image",
            _ => "--server-image and --client-image",
        };
        return Err(InvalidDefaults::Flag { field: at("image"), flag });
    }
    if settings.image_pull_policy.is_some() {
        return Err(InvalidDefaults::Flag { field: at("imagePullPolicy"), flag: "--image-pull-policy" });
    }
    labels(&at("nodeSelector"), &settings.node_selector)?;
    labels(&at("podLabels"), &settings.pod_labels)?;
    not_ours(&at("podLabels"), &settings.pod_labels)?;
    settings.pod_annotations.keys().try_for_each(|key| label_key(&at("podAnnotations"), key))?;
    not_ours(&at("podAnnotations"), &settings.pod_annotations)?;
    for (index, secret) in settings.image_pull_secrets.iter().enumerate() {
        object_name(&at(&format!("imagePullSecrets[{index}].name")), &secret.name)?;
    }
    if let Some(class) = &settings.priority_class_name {
        object_name(&at("priorityClassName"), class)?;
    }
    if let Some(class) = &settings.runtime_class_name {
        object_name(&at("runtimeClassName"), class)?;
    }
    if let Some(scheduler) = &settings.scheduler_name {
        object_name(&at("schedulerName"), scheduler)?;
    }
    for (index, variable) in settings.env.iter().enumerate() {
        variable_name(&at(&format!("env[{index}].name")), &variable.name)?;
    }
    for (index, toleration) in settings.tolerations.iter().enumerate() {
        tolerated(&at(&format!("tolerations[{index}]")), toleration)?;
    }
    if let Some(resources) = &settings.resources {
        amounts(&at("resources"), resources)?;
    }
    identity(&at("securityContext"), &settings.security_context)
}

fn refuse(field: &str, value: &str, allowed: &str) -> Checked {
    Err(InvalidDefaults::Value {
        field: field.to_owned(),
        value: format!("{value:?}"),
        allowed: allowed.to_owned(),
    })
}

fn unless(is_allowed: bool, field: &str, value: &str, allowed: &str) -> Checked {
    if is_allowed { Ok(()) } else { refuse(field, value, allowed) }
}

fn labels(field: &str, labels: &BTreeMap<String, String>) -> Checked {
    for (key, value) in labels {
        label_key(field, key)?;
        let is_allowed = value.is_empty() || is_label_word(value);
        let allowed = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
        unless(is_allowed, &format!("{field}.{key}"), value, allowed)?;
    }
    Ok(())
}

fn label_key(field: &str, key: &str) -> Checked {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    let is_allowed = is_label_word(name) && domain.is_none_or(is_subdomain);
    unless(is_allowed, field, key, "a name such as team or example.com/team")
}

fn not_ours(field: &str, entries: &BTreeMap<String, String>) -> Checked {
    let is_ours = |key: &&String| key.starts_with(OWN_PREFIX) || key.starts_with(RECOMMENDED_PREFIX);
    let Some(key) = entries.keys().find(is_ours) else { return Ok(()) };
    refuse(field, key, &format!("a name that does not begin with {OWN_PREFIX} or {RECOMMENDED_PREFIX}"))
}

fn object_name(field: &str, name: &str) -> Checked {
    unless(is_subdomain(name), field, name, "the name of an object: a-z, 0-9, '-' and '.'")
}

fn variable_name(field: &str, name: &str) -> Checked {
    let is_word = |byte: (usize, u8)| {
        byte.1 == b'_' || byte.1.is_ascii_alphabetic() || (byte.0 > 0 && byte.1.is_ascii_digit())
    };
    let is_allowed = !name.is_empty() && name.bytes().enumerate().all(is_word);
    unless(is_allowed, field, name, "letters, digits and '_', with no digit in front")?;
    let allowed = format!("a name that does not begin with {OWN_VARIABLES}");
    unless(!name.starts_with(OWN_VARIABLES), field, name, &allowed)
}

fn tolerated(field: &str, toleration: &Toleration) -> Checked {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (key, operator, effect) =
        (text(&toleration.key), text(&toleration.operator), text(&toleration.effect));
    let is_operator = ["", "Exists", "Equal"].contains(&operator.as_str());
    unless(is_operator, &format!("{field}.operator"), &operator, "Exists or Equal")?;
    let is_effect = ["", "NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect.as_str());
    unless(is_effect, &format!("{field}.effect"), &effect, "NoSchedule, PreferNoSchedule or NoExecute")?;
    let is_key = !key.is_empty() || operator == "Exists";
    unless(is_key, &format!("{field}.key"), &key, "the key of a taint, or operator Exists")?;
    let has_value = !text(&toleration.value).is_empty();
    let value = format!("{field}.value");
    unless(
        !has_value || operator != "Exists",
        &value,
        &text(&toleration.value),
        "left out with operator Exists",
    )?;
    let seconds = toleration.toleration_seconds.filter(|_| effect != "NoExecute");
    let field = format!("{field}.tolerationSeconds");
    seconds
        .map_or(Ok(()), |seconds| refuse(&field, &seconds.to_string(), "left out unless effect is NoExecute"))
}

fn amounts(field: &str, resources: &ResourceRequirements) -> Checked {
    for (kind, amounts) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        for (name, amount) in amounts.iter().flatten() {
            let is_allowed = is_amount(&amount.0) && !amount.0.starts_with('-');
            unless(
                is_allowed,
                &format!("{field}.{kind}.{name}"),
                &amount.0,
                "an amount, as in 100m or 64Mi",
            )?;
        }
    }
    Ok(())
}

fn identity(field: &str, identity: &PodIdentity) -> Checked {
    let groups = identity.supplemental_groups.iter().map(|group| ("supplementalGroups", 0, Some(*group)));
    let ids = [
        ("runAsUser", 1, identity.run_as_user),
        ("runAsGroup", 0, identity.run_as_group),
        ("fsGroup", 0, identity.fs_group),
    ];
    for (name, least, id) in ids.into_iter().chain(groups) {
        let Some(id) = id.filter(|id| !(least..=MOST_ID).contains(id)) else { continue };
        let (field, allowed) =
            (format!("{field}.{name}"), format!("a whole number from {least} to {MOST_ID}"));
        return Err(InvalidDefaults::Value { field, value: id.to_string(), allowed });
    }
    let Some(profile) = &identity.seccomp_profile else { return Ok(()) };
    let file = profile.localhost_profile.as_deref().unwrap_or_default();
    let (is_allowed, allowed) = match profile.type_ {
        SeccompType::Localhost => (!file.is_empty(), "the name of a file, with type Localhost"),
        SeccompType::RuntimeDefault => (file.is_empty(), "left out with type RuntimeDefault"),
    };
    unless(is_allowed, &format!("{field}.seccompProfile.localhostProfile"), file, allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(settings: &Value) -> String {
        let settings = serde_json::from_value(settings.clone()).unwrap();
        check("all", &settings).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_a_pod_may_have_passes() {
        for settings in [
            json!({"nodeSelector": {"example.com/pool": "media", "gpu": ""}}),
            json!({"podLabels": {"team": "a_b.c"}, "podAnnotations": {"example.com/note": "any text: at all"}}),
            json!({"tolerations": [
                {"operator": "Exists"}, {"key": "a"}, {"key": "a", "value": "b", "effect": "NoSchedule"},
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
            ]}),
            json!({"resources": {"requests": {"cpu": "0.5", "memory": "1Gi"}, "limits": {"example.com/nic": 1}}}),
            json!({"imagePullSecrets": [{"name": "mirror.example"}], "priorityClassName": "system-node-critical"}),
            json!({"runtimeClassName": "gvisor", "schedulerName": "packing", "env": [{"name": "A_1", "value": "=b"}, {"name": "_"}]}),
            json!({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}),
            json!({"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "media.json"}}}),
            json!({"securityContext": {"runAsUser": 65532, "runAsGroup": 0, "fsGroup": 2_147_483_647}}),
        ] {
            assert_eq!(said(&settings), "", "{settings}");
        }
    }

    #[test]
    fn what_no_pod_may_have_is_named_with_what_it_may_be() {
        for (settings, problem) in [
            (
                json!({"nodeSelector": {"a": "b c"}}),
                "all.nodeSelector.a is \"b c\": it must be at most 63 letters",
            ),
            (
                json!({"nodeSelector": {"a/b/c": "d"}}),
                "all.nodeSelector is \"a/b/c\": it must be a name such as",
            ),
            (
                json!({"podLabels": {"app.kubernetes.io/name": "x"}}),
                "all.podLabels is \"app.kubernetes.io/name\": it must be a name that does not begin with ballsession.dev/",
            ),
            (
                json!({"podAnnotations": {"ballsession.dev/run": "x"}}),
                "all.podAnnotations is \"ballsession.dev/run\"",
            ),
            (
                json!({"imagePullSecrets": [{"name": ""}]}),
                "all.imagePullSecrets[0].name is \"\": it must be the name",
            ),
            (json!({"priorityClassName": "High"}), "all.priorityClassName is \"High\""),
            (json!({"runtimeClassName": "a_b"}), "all.runtimeClassName is \"a_b\""),
            (json!({"schedulerName": ""}), "all.schedulerName is \"\""),
            (
                json!({"env": [{"name": "1A"}]}),
                "all.env[0].name is \"1A\": it must be letters, digits and '_'",
            ),
            (
                json!({"env": [{"name": "BALLSESSION_NODE"}]}),
                "all.env[0].name is \"BALLSESSION_NODE\": it must be a name that does not begin with BALLSESSION_",
            ),
            (
                json!({"securityContext": {"seccompProfile": {"type": "Localhost"}}}),
                "all.securityContext.seccompProfile.localhostProfile is \"\": it must be the name of a file",
            ),
            (
                json!({"securityContext": {"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"}}}),
                "all.securityContext.seccompProfile.localhostProfile is \"a\": it must be left out",
            ),
            (
                json!({"tolerations": [{"key": "a", "operator": "In"}]}),
                "all.tolerations[0].operator is \"In\"",
            ),
            (
                json!({"tolerations": [{"key": "a", "effect": "Never"}]}),
                "all.tolerations[0].effect is \"Never\"",
            ),
            (json!({"tolerations": [{"value": "a"}]}), "all.tolerations[0].key is \"\""),
            (
                json!({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}),
                "all.tolerations[0].value is \"b\": it must be left out with operator Exists",
            ),
            (
                json!({"tolerations": [{"key": "a", "tolerationSeconds": 5}]}),
                "all.tolerations[0].tolerationSeconds is \"5\": it must be left out unless effect is NoExecute",
            ),
            (
                json!({"resources": {"limits": {"memory": "64 Mi"}}}),
                "all.resources.limits.memory is \"64 Mi\": it must be an amount, as in 100m or 64Mi",
            ),
            (
                json!({"securityContext": {"runAsUser": 0}}),
                "all.securityContext.runAsUser is 0: it must be a whole number from 1 to 2147483647",
            ),
            (
                json!({"securityContext": {"supplementalGroups": [-1]}}),
                "all.securityContext.supplementalGroups is -1",
            ),
            (json!({"image": "mine:1"}), "all.image: set it by --server-image and --client-image"),
            (json!({"imagePullPolicy": "Never"}), "all.imagePullPolicy: set it by --image-pull-policy"),
        ] {
            let said = said(&settings);
            assert!(said.starts_with(problem), "{settings}: {said}");
        }
    }
}
