//! Who set which fields of an object, as the API server notes it (`metadata.managedFields`). As trees of maps these notes take many
//! times as much memory as the object that they are about, so the watches keep only what is read of them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry, ObjectMeta};
use serde_json::Value;

/// Leaves of the notes who changed the object when and by which way, and of the fields those that `manager` has applied, as text.
pub(super) fn shrink(metadata: &mut ObjectMeta, manager: &str) {
    for entry in metadata.managed_fields.iter_mut().flatten() {
        let fields = entry.fields_v1.take().filter(|_| is_applied_by(entry, manager));
        entry.fields_v1 = fields.map(|FieldsV1(fields)| match fields {
            text @ Value::String(_) => FieldsV1(text),
            tree => FieldsV1(Value::String(tree.to_string())),
        });
    }
}

/// The fields that `manager` has applied, of an object from a watch or as the API server answers; `None` where nothing is noted.
pub(crate) fn applied_by(metadata: &ObjectMeta, manager: &str) -> Option<Value> {
    let entries = metadata.managed_fields.as_deref().unwrap_or_default();
    let entry = entries.iter().find(|entry| is_applied_by(entry, manager))?;
    match &entry.fields_v1.as_ref()?.0 {
        Value::String(text) => serde_json::from_str(text).ok(),
        tree => Some(tree.clone()),
    }
}

fn is_applied_by(entry: &ManagedFieldsEntry, manager: &str) -> bool {
    entry.manager.as_deref() == Some(manager)
        && entry.operation.as_deref() == Some("Apply")
        && entry.subresource.as_deref().unwrap_or_default().is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_applied_is_read_back_and_the_rest_is_only_named() {
        let entry = |manager: &str, operation: &str, subresource: &str| {
            json!({"manager": manager, "operation": operation, "subresource": subresource, "time": "2026-01-01T00:00:05Z",
                   "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:of": {"f:".to_owned() + manager: {}}}}})
        };
        let entries = [
            entry("ours", "Apply", "status"),
            entry("ours", "Update", ""),
            entry("ours", "Apply", ""),
            entry("hpa", "Update", "scale"),
        ];
        let mut metadata: ObjectMeta = serde_json::from_value(json!({"managedFields": entries})).unwrap();
        let whole = metadata.clone();
        let applied = Some(json!({"f:spec": {"f:of": {"f:ours": {}}}}));
        assert_eq!((applied_by(&whole, "ours"), applied_by(&whole, "hpa")), (applied.clone(), None));
        // The watch may bring it twice.
        for _ in 0..2 {
            shrink(&mut metadata, "ours");
            assert_eq!(applied_by(&metadata, "ours"), applied);
        }
        let left = metadata.managed_fields.unwrap();
        let named = |entry: &ManagedFieldsEntry| {
            (entry.manager.clone(), entry.operation.clone(), entry.subresource.clone(), entry.time.clone())
        };
        assert!(left.iter().map(named).eq(whole.managed_fields.unwrap().iter().map(named)));
        let fields: Vec<_> = left.iter().map(|entry| entry.fields_v1.is_some()).collect();
        assert_eq!(fields, [false, false, true, false]);
    }
}
