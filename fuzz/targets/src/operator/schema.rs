//! As much of OpenAPI's schemas as those of the resource have: what the API server would refuse.

use std::sync::LazyLock;

use serde_json::Value;

/// A part of the resource's schema.
pub(super) struct Schema<'a>(&'a Value);

static STATUS: LazyLock<Value> = LazyLock::new(|| {
    let crd = crds::manifest().expect("plain values");
    let crd: Value = serde_saphyr::from_str(&crd).expect("YAML");
    let status = "/spec/versions/0/schema/openAPIV3Schema/properties/status";
    crd.pointer(status).expect("there is a status").clone()
});

impl Schema<'static> {
    /// Of the status.
    pub(super) fn of_status() -> Self {
        Self(&STATUS)
    }
}

impl Schema<'_> {
    /// Panics where a value is not as the schema has it.
    pub(super) fn check(&self, value: &Value) {
        self.check_at("status", value);
    }

    fn check_at(&self, path: &str, value: &Value) {
        let number = |key: &str| self.0.get(key).and_then(Value::as_f64);
        let within = |what: &str, size: usize, least: &str, most: &str| {
            let size = size as f64;
            assert!(number(least).is_none_or(|least| size >= least), "{path}: {what} {size}");
            assert!(number(most).is_none_or(|most| size <= most), "{path}: {what} {size}");
        };
        let kind = self.0.get("type").and_then(Value::as_str).unwrap_or_default();
        match value {
            Value::Null => assert!(self.0.get("nullable") == Some(&Value::Bool(true)), "{path} is null"),
            Value::Bool(_) => assert_eq!(kind, "boolean", "{path}"),
            Value::Number(given) => {
                assert!(
                    kind == "number" || kind == "integer" && (given.is_i64() || given.is_u64()),
                    "{path}: {given}"
                );
                let given = given.as_f64().unwrap_or(f64::NAN);
                assert!(number("minimum").is_none_or(|least| given >= least), "{path} is {given}");
                assert!(number("maximum").is_none_or(|most| given <= most), "{path} is {given}");
            }
            Value::String(text) => {
                assert_eq!(kind, "string", "{path}");
                within("characters", text.chars().count(), "minLength", "maxLength");
                let allowed = self.0.get("enum").and_then(Value::as_array);
                assert!(allowed.is_none_or(|allowed| allowed.contains(value)), "{path} is {text:?}");
            }
            Value::Array(items) => {
                within("items", items.len(), "minItems", "maxItems");
                let schema = Self(self.0.get("items").unwrap_or_else(|| panic!("{path} is a list")));
                items.iter().for_each(|item| schema.check_at(&format!("{path}[]"), item));
            }
            Value::Object(fields) => {
                let properties = self.0.get("properties").and_then(Value::as_object);
                let others = self.0.get("additionalProperties");
                let required = self.0.get("required").and_then(Value::as_array);
                for name in required.into_iter().flatten().filter_map(Value::as_str) {
                    assert!(fields.contains_key(name), "{path}.{name} is required");
                }
                for (name, field) in fields {
                    let known = properties.and_then(|properties| properties.get(name)).or(others);
                    let schema = Self(known.unwrap_or_else(|| panic!("{path}.{name} is unknown")));
                    schema.check_at(&format!("{path}.{name}"), field);
                }
            }
        }
    }
}
