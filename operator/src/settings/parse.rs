//! The file with the defaults for pods, as an admin writes it.

use crds::PodSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::is_empty;
use crate::settings::check::check;
use crate::settings::error::InvalidDefaults;
use crate::settings::pod_defaults::{PodDefaults, with_defaults};

/// The file, `all` being for both kinds of pods.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    all: PodSettings,
    server: PodSettings,
    client: PodSettings,
}

/// The defaults in the text of a file. An empty one sets nothing.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(text: &str) -> Result<PodDefaults, InvalidDefaults> {
    let yaml =
        |error: serde_saphyr::Error| InvalidDefaults::Yaml(one_line(&error.without_snippet().to_string()));
    let mut value: Value = serde_saphyr::from_str(text).map_err(yaml)?;
    if value.is_null() {
        return Ok(PodDefaults::default());
    }
    leave_out_nulls(&mut value);
    if !value.is_object() {
        return Err(InvalidDefaults::NoMap);
    }
    let file: File = serde_path_to_error::deserialize(&value).map_err(|error| InvalidDefaults::Type {
        field: error.path().to_string(),
        problem: one_line(&error.inner().to_string()),
    })?;
    // The types of Kubernetes pass over what they do not know.
    let known = serde_json::to_value(&file).unwrap_or_default();
    if let Some(field) = unknown(&value, &known) {
        return Err(InvalidDefaults::Unknown(field));
    }
    for (part, settings) in [("all", &file.all), ("server", &file.server), ("client", &file.client)] {
        check(part, settings)?;
    }
    Ok(PodDefaults {
        server: with_defaults(&file.server, &file.all),
        client: with_defaults(&file.client, &file.all),
    })
}

/// A field with nothing behind it is one that is not set.
fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

/// The path of the first field in `given` that is not in `known`. One without a value is not missed.
fn unknown(given: &Value, known: &Value) -> Option<String> {
    let below = |name: String, given: &Value, known: Option<&Value>| match known {
        Some(known) => unknown(given, known).map(|path| match path.is_empty() || path.starts_with('[') {
            true => format!("{name}{path}"),
            false => format!("{name}.{path}"),
        }),
        None => (!is_empty(given)).then_some(name),
    };
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            given.iter().find_map(|(name, value)| below(name.clone(), value, known.get(name)))
        }
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .enumerate()
            .find_map(|(index, item)| below(format!("[{index}]"), item, known.get(index))),
        // A list is taken for a map with its fields in their order.
        (Value::Array(items), Value::Object(_)) => (!items.is_empty()).then(String::new),
        _ => None,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_pod_has_its_own_defaults_on_top_of_those_of_all() {
        let parsed = parse(
            "# Of this cluster.\n\
             all:\n  imagePullSecrets: [{name: mirror}]\n  nodeSelector: {pool: media}\n\
             server:\n  resources: {requests: {cpu: 1, memory: 1Gi}}\n\
             client:\n  nodeSelector: {pool: clients}\n  tolerations:\n  - {key: media, operator: Exists}\n",
        )
        .unwrap();
        let json = |settings: &PodSettings| serde_json::to_value(settings).unwrap();
        let secrets = serde_json::json!([{"name": "mirror"}]);
        assert_eq!(
            json(&parsed.server),
            serde_json::json!({"imagePullSecrets": secrets, "nodeSelector": {"pool": "media"},
                               "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}})
        );
        assert_eq!(
            json(&parsed.client),
            serde_json::json!({"imagePullSecrets": secrets, "nodeSelector": {"pool": "clients"},
                               "tolerations": [{"key": "media", "operator": "Exists"}]})
        );
    }

    #[test]
    fn what_sets_nothing_is_no_mistake() {
        for text in ["", "# Nothing yet.\n", "{}", "all:\n", "all: {}\nserver:\n  affinity: {}\n"] {
            let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(parsed.client, PodSettings::default(), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, problem) in [
            ("all:\n  nodeSelectors: {a: b}", "all.nodeSelectors: there is no such field"),
            ("pods:\n  nodeSelector: {a: b}", "pods: there is no such field"),
            ("nodeSelector: {a: b}", "nodeSelector: there is no such field"),
            (
                "client:\n  tolerations:\n  - {key: a, operator: Exists}\n  - {key: b, efect: NoSchedule}",
                "client.tolerations[1].efect: there is no such field",
            ),
            ("all: {resources: {limit: {cpu: 1}}}", "all.resources.limit: there is no such field"),
            ("all: {tolerations: {key: a}}", "all.tolerations: invalid type: map, expected a sequence"),
            (
                "server: {securityContext: {runAsUser: root}}",
                "server.securityContext.runAsUser: invalid type: string \"root\", expected i64",
            ),
            ("- all", "must be a map with all, server and client"),
            ("all: [[], a]", "all[0]: "),
            ("all: {affinity: [{}]}", "all.affinity: "),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(problem) && !said.contains('\n'), "{text}: {said}");
        }
        let said = parse("all:\n  nodeSelector: {a: b\n").unwrap_err().to_string();
        assert!(said.starts_with("is no YAML: ") && said.contains("line") && !said.contains('\n'), "{said}");
    }
}
