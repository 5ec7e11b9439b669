//! The schema as the API server gets it, and objects that were stored under another.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use ballsession_crds::{BallSession, BallSessionSpec, NetworkIsolation, Placement};
use kube::CustomResourceExt;
use serde_json::{Value, json};

fn schema() -> Value {
    let crd = serde_json::to_value(BallSession::crd()).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// Calls `visit` with the path and schema of every field at or below `path`; items of lists are `path[]`.
fn each_field(path: &str, schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    visit(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        each_field(&format!("{path}.{name}"), field, visit);
    }
    if let Some(items) = schema.get("items") {
        each_field(&format!("{path}[]"), items, visit);
    }
}

/// Whether a field is a part of Kubernetes' own types.
fn is_foreign(path: &str) -> bool {
    [
        "affinity",
        "resources",
        "tolerations[]",
        "topologySpreadConstraints[]",
        "imagePullSecrets[]",
        "seLinuxOptions",
        "conditions[]",
    ]
    .iter()
    .any(|part| path.contains(&format!(".{part}.")))
}

/// Fills in defaults as the API server does.
fn fill(schema: &Value, value: &mut Value) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if let (None, Some(default)) = (value.get(name), field.get("default")) {
            value[name] = default.clone();
        }
        if let Some(value) = value.get_mut(name) {
            fill(field, value);
        }
    }
}

#[test]
fn the_schema_shows_every_default() {
    let mut filled = json!({});
    fill(&schema()["properties"]["spec"], &mut filled);
    assert_eq!(filled, serde_json::to_value(BallSessionSpec::default()).unwrap());
}

/// O12: kstatus takes an object without conditions for current, unless its status is about another generation.
#[test]
fn a_new_object_is_of_no_generation_yet() {
    assert_eq!(schema()["properties"]["status"]["default"], json!({"observedGeneration": -1}));
}

#[test]
fn every_field_is_explained() {
    each_field("", &schema(), &mut |path, field| {
        let explained = field["description"].as_str().is_some_and(|text| !text.is_empty());
        assert!(explained || path.ends_with("[]") || is_foreign(path), "{path} has no description");
    });
    let width = &schema()["properties"]["spec"]["properties"]["video"]["properties"]["width"];
    assert_eq!(width["description"], "Pixels in a row, an even number from 64 to 1920. Defaults to 640.");
}

#[test]
fn all_that_a_user_or_a_report_can_fill_is_bounded() {
    each_field("", &schema(), &mut |path, field| {
        let bound = |keyword: &str| field.get(keyword).is_some();
        let bounded = match field["type"].as_str() {
            Some("string") => bound("maxLength") || bound("enum") || bound("format"),
            Some("array") => bound("maxItems"),
            Some("object") => bound("properties") || bound("maxProperties"),
            Some("integer") => path.starts_with(".status") || (bound("minimum") && bound("maximum")),
            _ => true,
        };
        assert!(bounded || is_foreign(path), "{path} has no bound");
    });
}

#[test]
fn there_are_no_floats_and_no_unsigned_numbers() {
    each_field("", &schema(), &mut |path, field| {
        assert_ne!(field["type"], "number", "{path}");
        let format = field["format"].as_str().unwrap_or_default();
        assert!(!format.starts_with("uint"), "{path} is {format}");
    });
}

#[test]
fn a_spec_of_an_older_or_newer_version_parses() {
    let older: BallSessionSpec =
        serde_json::from_value(json!({"clients": 2, "video": {"width": 320}})).unwrap();
    assert_eq!((older.clients, older.video.width, older.video.height), (2, 320, 480));
    assert_eq!(older.objectives.minimum_frames, 300);
    assert_eq!((older.placement, older.network_policy), (Placement::Spread, NetworkIsolation::None));

    let newer = json!({
        "clients": 3, "codec": "AV1", "video": {"height": 240, "hdr": true}, "client": {"faults": ["drop=1%"], "gpu": 1}
    });
    let newer: BallSessionSpec = serde_json::from_value(newer).unwrap();
    assert_eq!((newer.clients, newer.video.height, newer.client.faults.len()), (3, 240, 1));
}

#[test]
fn a_whole_object_parses_whatever_its_status_has() {
    let stored = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "demo"}, "spec": {},
        "status": {
            "phase": "Running",
            "display": {"clients": "1/1", "mood": "good"},
            "measurements": {"frames": {"sent": 5}, "errorPixels": {"p95": "0.012", "p99": "0.1"}},
            "clients": [{"id": "demo-client-0", "battery": 80}, {}],
            "errors": [{"code": "FromTheFuture"}]
        }
    });
    let status = serde_json::from_value::<BallSession>(stored).unwrap().status.unwrap();
    assert_eq!(status.display.unwrap().clients.as_deref(), Some("1/1"));
    assert_eq!(status.measurements.unwrap().frames.unwrap().sent, 5);
    assert_eq!((status.clients.len(), status.errors[0].code.as_str()), (2, "FromTheFuture"));
    assert!(status.conditions.is_empty());
}

#[test]
fn what_is_not_set_is_not_written() {
    let written = serde_json::to_value(ballsession_crds::BallSessionStatus::default()).unwrap();
    assert_eq!(written, json!({}));
    let written = serde_json::to_value(BallSessionSpec::default()).unwrap();
    assert_eq!((written.get("duration"), &written["server"]), (None, &json!({})));
}
