//! That deploy/monitoring fits what the programs export: whatever a rule names is there, and what is scraped can be
//! found. What the rules mean is tested beside them, with promtool.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod conventions;
mod dashboards;
mod exposed;
mod known;
mod promql;
mod rules;
mod scraping;

use std::path::{Path, PathBuf};

use serde_json::Value;

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file)
}

/// The objects in a file of deploy/.
fn objects(file: &str) -> Vec<Value> {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap()
}

/// The rules of all groups.
fn rules() -> Vec<Value> {
    let [object] = objects("monitoring/rules.yaml").try_into().unwrap();
    let groups = object["spec"]["groups"].as_array().unwrap().clone();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

#[test]
fn all_files_are_applied() {
    let [kustomization] = objects("monitoring/kustomization.yaml").try_into().unwrap();
    let mut applied: Vec<String> = serde_json::from_value(kustomization["resources"].clone()).unwrap();
    applied.push("kustomization.yaml".into());
    applied.sort();
    let files = std::fs::read_dir(path("monitoring")).unwrap().map(|entry| entry.unwrap());
    let files = files.map(|entry| entry.file_name().into_string().unwrap());
    let mut files: Vec<_> = files.filter(|name| name.ends_with(".yaml")).collect();
    files.sort();
    assert_eq!(applied, files);
}
