//! What tools that wait read out of a session: Flux, helm and others ask kstatus, whose rules for kinds that it does not know
//! are these (sigs.k8s.io/cli-utils, pkg/kstatus/status: `checkGenericProperties`, then `checkReadyCondition`). `kstatus/run` asks
//! the library itself about the same objects.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::tests::Scene;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kstatus {
    InProgress,
    Failed,
    Current,
    Terminating,
}

/// The status of an object of a kind that kstatus does not know.
fn kstatus(object: &Value) -> Kstatus {
    let (metadata, status) = (&object["metadata"], &object["status"]);
    if metadata["deletionTimestamp"].is_string() {
        return Kstatus::Terminating;
    }
    if status["observedGeneration"]
        .as_i64()
        .is_some_and(|observed| Some(observed) != metadata["generation"].as_i64())
    {
        return Kstatus::InProgress;
    }
    let conditions = || status["conditions"].as_array().into_iter().flatten();
    let standard = conditions().find_map(|condition| {
        match (condition["type"].as_str()?, condition["status"].as_str()?) {
            ("Reconciling", "True") => Some(Kstatus::InProgress),
            ("Stalled", "True") => Some(Kstatus::Failed),
            _ => None,
        }
    });
    let by_ready = || match conditions().find(|condition| condition["type"] == "Ready")?["status"].as_str()? {
        "True" => Some(Kstatus::Current),
        "False" | "Unknown" => Some(Kstatus::InProgress),
        _ => None,
    };
    standard.or_else(by_ready).unwrap_or(Kstatus::Current)
}

/// Where each object goes with what is expected of it, a line of JSON each, if it is to be compared with the library.
const OBJECTS: &str = "BALLSESSION_KSTATUS_OBJECTS";

/// Asserts what is read out of a session with these metadata and this status.
fn assert_reads(what: &str, metadata: &Value, status: Option<&Value>, expected: Kstatus) {
    let mut object =
        json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": metadata});
    object["metadata"]["name"] = json!("harbor");
    if let Some(status) = status {
        object["status"] = status.clone();
    }
    assert_eq!(kstatus(&object), expected, "{what}");
    if let Some(path) = std::env::var_os(OBJECTS) {
        let line =
            json!({"what": what, "expected": format!("{expected:?}"), "object": object}).to_string() + "\n";
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}

#[test]
fn an_object_that_nobody_has_looked_at_is_in_progress() {
    let new = json!({"observedGeneration": -1});
    assert_reads("is new", &json!({"generation": 1}), Some(&new), Kstatus::InProgress);
    // As the rules have it of one without any status, for which that default is.
    assert_reads("has no status", &json!({"generation": 1}), None, Kstatus::Current);
    let deleted = json!({"generation": 1, "deletionTimestamp": "2026-01-01T00:00:00Z"});
    assert_reads("is deleted", &deleted, None, Kstatus::Terminating);
}

/// O12: finished, suspended and ImagePullFailed were InProgress for ever.
#[test]
fn each_state_of_a_session_reads_as_it_is() {
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    for (what, expected, change) in [
        ("works", Kstatus::Current, &(|_: &mut Scene| ()) as &dyn Fn(&mut Scene)),
        ("starts", Kstatus::InProgress, &|scene| scene.set_server(&json!({}))),
        ("starts slowly", Kstatus::InProgress, &|scene| {
            scene.set_server(&json!({}));
            scene.trouble = minutes(10);
        }),
        ("is suspended", Kstatus::Current, &Scene::suspend),
        ("is finished", Kstatus::Current, &Scene::finish),
        ("has lost a node", Kstatus::InProgress, &|scene| scene.lose_node()),
        ("has lost a node for long", Kstatus::Failed, &|scene| {
            scene.lose_node();
            scene.trouble = minutes(2);
        }),
        ("has failed", Kstatus::Failed, &Scene::exceed_deadline),
        ("has no image yet", Kstatus::InProgress, &|scene| scene.lose_image()),
        ("has no image", Kstatus::Failed, &|scene| {
            scene.lose_image();
            scene.trouble = minutes(2);
        }),
        ("cannot be made", Kstatus::Failed, &|scene| {
            scene.refuse("ApplyFailed");
            scene.trouble = minutes(2);
        }),
        ("cannot be made for a moment", Kstatus::InProgress, &|scene| scene.refuse("ApplyFailed")),
        ("makes no sense", Kstatus::Failed, &|scene| scene.refuse("InvalidSpec")),
    ] {
        let mut scene = Scene::working();
        change(&mut scene);
        let status = scene.compute().0.patch()["status"].clone();
        assert_reads(what, &json!({"generation": 3}), Some(&status), expected);
    }
}

#[test]
fn a_spec_that_makes_no_sense_has_failed() {
    let invalid = Scene::working().invalid();
    let status = &invalid.patch()["status"];
    assert_reads("makes no sense to us", &json!({"generation": 3}), Some(status), Kstatus::Failed);
    assert_reads("was changed since", &json!({"generation": 4}), Some(status), Kstatus::InProgress);
}
