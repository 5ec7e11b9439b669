//! Rules that the API server evaluates, in CEL.

use kube::core::{Rule, validate};
use schemars::Schema;

/// Adds a rule to a schema.
pub(crate) fn add_rule(schema: &mut Schema, rule: Rule) {
    // Cannot fail: a rule is a struct of strings.
    let _ = validate(schema, rule);
}
