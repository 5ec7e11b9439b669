//! The files of the repository.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A path from the repository's root.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative)
}

/// The text of a file.
pub(crate) fn text(relative: &str) -> String {
    std::fs::read_to_string(path(relative)).unwrap()
}

/// The objects in some YAML.
pub(crate) fn objects(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap()
}

/// The objects that an installation consists of.
pub(crate) fn install() -> Vec<Value> {
    objects(&text("deploy/dist/install.yaml"))
}

/// Kind and name, for messages.
pub(crate) fn title(object: &Value) -> String {
    format!("{} {}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
}

/// The value of a container's variable.
pub(crate) fn variable(container: &Value, name: &str) -> Value {
    let variables = container["env"].as_array().unwrap();
    variables.iter().find(|variable| variable["name"] == name).unwrap()["value"].clone()
}
