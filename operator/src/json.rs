//! What JSON values mean to the API server.

use serde_json::Value;

/// Whether setting this sets nothing: it reads back as nothing, and nothing is noted of it.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
