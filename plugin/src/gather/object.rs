//! Objects without what could be secret, and without what nobody reads.

use serde_json::Value;

use crate::gather::text::{REMOVED, text};

/// Annotations in which tools keep whole objects, secrets of theirs included.
const COPIES: [&str; 1] = ["kubectl.kubernetes.io/last-applied-configuration"];
/// Variables with this prefix are the operator's own: none of them is secret, as secrets are in files.
const OWN_VARIABLES: &str = "BALLSESSION_";

/// The object with the literal values of variables removed that are not the operator's own, with tokens removed from every
/// text, and without managed fields and copies of itself.
pub(crate) fn object(mut object: Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| !COPIES.contains(&key.as_str()));
        }
    }
    clean(&mut object);
    object
}

fn clean(value: &mut Value) {
    match value {
        Value::String(words) => *words = text(words),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match (key.as_str(), &mut *field) {
                    ("env", Value::Array(variables)) => variables.iter_mut().for_each(clean_variable),
                    _ => clean(field),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Where a value comes from stays: it names a Secret and is none.
fn clean_variable(variable: &mut Value) {
    let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
    let is_own = name.starts_with(OWN_VARIABLES);
    if let Some(value) = variable.get_mut("value").filter(|_| !is_own) {
        *value = REMOVED.into();
    }
    clean(variable);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_tokens_and_copies_go() {
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{}", "a".repeat(40));
        let before = json!({
            "metadata": {"name": "p", "managedFields": [{"manager": "m"}], "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"env\":[{\"value\":\"hush\"}]}", "note": token
            }},
            "spec": {"containers": [{"args": ["--token", token], "env": [
                {"name": "PASSWORD", "value": "hush"},
                {"name": "BALLSESSION_FPS", "value": "30"},
                {"name": "BALLSESSION_ODD", "value": token},
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
            ]}]}
        });
        assert_eq!(
            object(before),
            json!({
                "metadata": {"name": "p", "annotations": {"note": "[removed]"}},
                "spec": {"containers": [{"args": ["--token", "[removed]"], "env": [
                    {"name": "PASSWORD", "value": "[removed]"},
                    {"name": "BALLSESSION_FPS", "value": "30"},
                    {"name": "BALLSESSION_ODD", "value": "[removed]"},
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
                ]}]}
            })
        );
    }
}
