//! What the derived schema cannot express by itself.

use kube::core::Rule;
use schemars::transform::transform_subschemas;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use crate::contract::{OWN_PREFIX, OWN_VARIABLES};
use crate::limits::{FAULT_PATTERN, MAX_NAME, MAX_RUN_NAME};
use crate::rule::add_rule;

/// The generation of a status that is about none.
const NOT_OBSERVED: i64 = -1;

/// Entries of a map in a pod's settings.
const MAX_ENTRIES: i32 = 32;

/// What a session may be called.
pub(crate) fn name_rule() -> Rule {
    let pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$";
    let message = format!(
        "metadata.name becomes part of Service and pod names: it must be at most {MAX_NAME} characters of a-z, 0-9 and \
         '-', start with a letter and end with a letter or digit"
    );
    Rule::new(format!("size(self.metadata.name) <= {MAX_NAME} && self.metadata.name.matches('{pattern}')"))
        .message(message.as_str())
}

/// An object that is left out becomes `{}`, to be filled by the defaults of its own fields: each default is written
/// once, and a new field gets its default in stored objects, too.
pub(crate) fn default_empty(schema: &mut Schema) {
    schema.insert("default".into(), json!({}));
}

/// The form of a label's value.
const LABEL_VALUE_PATTERN: &str = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

/// What a run may be called.
pub(crate) fn run_name(schema: &mut Schema) {
    schema.insert("maxLength".into(), MAX_RUN_NAME.into());
    schema.insert("pattern".into(), LABEL_VALUE_PATTERN.into());
}

/// A map from label names to label values.
pub(crate) fn labels(schema: &mut Schema) {
    map(schema, json!({"type": "string", "maxLength": 63, "pattern": LABEL_VALUE_PATTERN}));
}

/// Labels for a pod: the operator finds its pods by its own labels, so those are not for others to set.
pub(crate) fn pod_labels(schema: &mut Schema) {
    labels(schema);
    let rule = "self.all(key, !key.startsWith('app.kubernetes.io/') && !key.startsWith('ballsession.dev/'))";
    let message = "labels that begin with app.kubernetes.io/ or ballsession.dev/ are set by the operator: choose others";
    add_rule(schema, Rule::new(rule).message(message));
}

/// A map of annotations for a pod: by its own the operator knows whose run a pod serves.
pub(crate) fn annotations(schema: &mut Schema) {
    map(schema, json!({"type": "string", "maxLength": 4096}));
    let rule = format!("self.all(key, !key.startsWith('{OWN_PREFIX}'))");
    let message = format!("annotations that begin with {OWN_PREFIX} are set by the operator: choose others");
    add_rule(schema, Rule::new(rule).message(message.as_str()));
}

fn map(schema: &mut Schema, values: Value) {
    schema.insert("maxProperties".into(), MAX_ENTRIES.into());
    schema.insert("additionalProperties".into(), values);
    let rule = "self.all(key, !format.qualifiedName().validate(key).hasValue())";
    let message = "keys must be names such as team or example.com/team: at most 63 letters, digits, '-', '_' and '.', \
                   after an optional domain and '/'";
    add_rule(schema, Rule::new(rule).message(message));
}

/// A list of groups' numbers.
pub(crate) fn groups(schema: &mut Schema) {
    schema.insert(
        "items".into(),
        json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i32::MAX}),
    );
}

/// A list of variables, each once.
pub(crate) fn variables(schema: &mut Schema) {
    schema.insert("x-kubernetes-list-type".into(), "map".into());
    schema.insert("x-kubernetes-list-map-keys".into(), json!(["name"]));
}

/// A variable that is not one of the programs' own.
pub(crate) fn own_variable(schema: &mut Schema) {
    let rule = format!("!self.name.startsWith('{OWN_VARIABLES}')");
    let message = format!("variables that begin with {OWN_VARIABLES} are set by the operator: choose others");
    add_rule(schema, Rule::new(rule).message(message.as_str()));
}

/// A profile with a file where it needs one.
pub(crate) fn profile_file(schema: &mut Schema) {
    let rule = "has(self.localhostProfile) == (self.type == 'Localhost')";
    let message = "localhostProfile must be set with type Localhost, and with no other";
    add_rule(schema, Rule::new(rule).message(message));
}

/// A list of faults.
pub(crate) fn faults(schema: &mut Schema) {
    let mut fault = json_schema!({"type": "string", "maxLength": 48});
    let message = "must be offset=<0 to 9999>px, drop=<0 to 100>%, delay=<duration> or freeze=<duration>, with durations in ms \
                   or s, and maybe @<seed> behind it";
    add_rule(&mut fault, Rule::new(format!("self.matches('{FAULT_PATTERN}')")).message(message));
    schema.insert("items".into(), fault.into());
}

/// Makes descriptions read well in `kubectl explain`: without the line breaks of the source, and with the default,
/// which it does not show.
pub(crate) fn explain(schema: &mut Schema) {
    let default = match schema.get("default") {
        Some(Value::String(text)) if !text.is_empty() => format!(" Defaults to {text}."),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => format!(" Defaults to {value}."),
        _ => String::new(),
    };
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = format!("{}{default}", join_lines(description));
    }
    transform_subschemas(&mut explain, schema);
}

/// Joins the lines of paragraphs; empty lines and lists stay.
fn join_lines(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        let continues = line.starts_with(char::is_alphanumeric) || line.starts_with(['(', '"', '`']);
        if !joined.is_empty() {
            joined.push(if continues && !joined.ends_with('\n') { ' ' } else { '\n' });
        }
        joined.push_str(line);
    }
    joined
}

/// A type of Kubernetes' own: described where it comes from, and not once more in every cluster. Its own description, which says
/// what it is for here, stays.
pub(crate) fn embedded(schema: &mut Schema) {
    transform_subschemas(&mut undescribed, schema);
}

fn undescribed(schema: &mut Schema) {
    schema.remove("description");
    transform_subschemas(&mut undescribed, schema);
}

/// Takes the defaults out: nothing is filled into a status but what its writers found out.
pub(crate) fn without_defaults(schema: &mut Schema) {
    schema.remove("default");
    transform_subschemas(&mut without_defaults, schema);
}

/// Fills in a status that no operator has written yet: of no generation, so that whoever compares it with that of the object
/// knows that it is still to be looked at.
pub(crate) fn not_observed_yet(schema: &mut Schema) {
    schema.insert("default".into(), json!({"observedGeneration": NOT_OBSERVED}));
}
