//! That deploy/monitoring fits what the programs export: whatever a rule names is there, and what is scraped can be
//! found. What the rules mean is tested beside them, with promtool.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod conventions;
mod exposed;
mod promql;
mod rules;
mod scraping;

use std::path::Path;

use serde_json::Value;

/// The objects in a file of deploy/.
fn objects(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap()
}
