//! What was asked for: the sessions and their specs, as the API server has taken them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// By name.
#[derive(Debug, Default)]
pub(crate) struct Model(BTreeMap<String, Value>);

impl Model {
    pub(crate) fn names(&self) -> Vec<&String> {
        self.0.keys().collect()
    }

    pub(crate) fn spec(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn create(&mut self, name: &str, spec: &Value) {
        self.0.insert(name.to_owned(), spec.clone());
    }

    /// Only fields at the top, each replaced as a whole.
    pub(crate) fn change(&mut self, name: &str, change: &Value) {
        let spec = self.0.get_mut(name).unwrap();
        for (field, value) in change.as_object().unwrap() {
            spec[field] = value.clone();
        }
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// A spec that says nothing of nodes, of which there are none.
pub(crate) fn spec(clients: u32, is_bounded: bool) -> Value {
    let spec = json!({"clients": clients, "placement": "Any", "video": {"bitrateKbps": 1000}});
    if !is_bounded {
        return spec;
    }
    let mut bounded = spec;
    bounded["duration"] = json!("5s");
    bounded
}

pub(crate) fn is_bounded(spec: &Value) -> bool {
    spec["duration"].is_string()
}
