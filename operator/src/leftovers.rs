//! What stays in a status although its writer leaves it out: another field manager owns it as well, such as somebody who applied
//! a status that they had read before. Left there, it would be read as what the writer has stored, and be written against
//! for ever.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::{Map, Value};

/// A merge patch that takes out of the status what of a writer's part is `stored` and not `wanted`; `None` where nothing is.
/// `conditions` are all that are stored, of whatever writer: they can only be merged together.
pub(crate) fn leftovers(stored: &Value, wanted: &Value, conditions: &[Condition]) -> Option<Value> {
    let mut removals = removals(stored, wanted);
    let types = |part: &Value| -> Vec<String> {
        let conditions = part["conditions"].as_array().into_iter().flatten();
        conditions.filter_map(|condition| condition["type"].as_str().map(str::to_owned)).collect()
    };
    let mut left_over = types(stored);
    left_over.retain(|kind| !types(wanted).contains(kind));
    removals.remove("conditions");
    if !left_over.is_empty() {
        let kept: Vec<_> = conditions.iter().filter(|known| !left_over.contains(&known.type_)).collect();
        removals.insert("conditions".to_owned(), serde_json::to_value(kept).unwrap_or_default());
    }
    (!removals.is_empty()).then_some(Value::Object(removals))
}

/// Fields that are not wanted, as null. Lists are taken whole, as one writer has them.
fn removals(stored: &Value, wanted: &Value) -> Map<String, Value> {
    let fields = stored.as_object().into_iter().flatten();
    let removals = fields.filter_map(|(field, stored)| match wanted.get(field) {
        None => Some((field.clone(), Value::Null)),
        Some(wanted) => {
            let inner = removals(stored, wanted);
            (!inner.is_empty()).then(|| (field.clone(), Value::Object(inner)))
        }
    });
    removals.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(kind: &str) -> Value {
        json!({"type": kind, "status": "True", "reason": "Tested", "message": "m",
               "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    #[test]
    fn what_is_stored_and_not_wanted_is_taken_out() {
        let all = json!([condition("Ready"), condition("ObjectivesMet"), condition("Stalled")]);
        let all: Vec<Condition> = serde_json::from_value(all).unwrap();
        let stored = json!({
            "conditions": [condition("Ready"), condition("Stalled")], "readyClients": 1, "history": [{"hash": "a"}],
            "run": {"hash": "a", "suspendedSince": "2026-01-01T00:00:00Z", "images": {"server": "s:1", "client": "c:1"}}
        });
        let wanted = json!({
            "conditions": [condition("Ready")], "readyClients": 2, "selector": "a=b",
            "run": {"hash": "a", "suspendedSeconds": 7, "images": {"server": "s:2"}}
        });
        assert_eq!(
            leftovers(&stored, &wanted, &all),
            Some(json!({
                "conditions": [condition("Ready"), condition("ObjectivesMet")], "history": null,
                "run": {"suspendedSince": null, "images": {"client": null}}
            }))
        );
        assert_eq!(
            leftovers(&wanted, &stored, &all),
            Some(json!({"selector": null, "run": {"suspendedSeconds": null}}))
        );
    }

    #[test]
    fn other_values_are_no_leftovers() {
        let stored = json!({"conditions": [condition("Ready")], "clients": [{"id": "a"}, {"id": "b"}], "errorCount": 3});
        let wanted = json!({"conditions": [condition("Ready")], "clients": [{"id": "a"}], "errorCount": 4, "errors": []});
        assert_eq!(leftovers(&stored, &wanted, &[]), None);
    }
}
