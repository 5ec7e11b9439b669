//! What tools that wait read out of a session: Flux, helm and others ask kstatus, whose rules for kinds that it does not know
//! are these (sigs.k8s.io/cli-utils, pkg/kstatus/status: `checkGenericProperties`, then `checkReadyCondition`).

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

/// A session of generation 3 with the status that the controller gives it.
fn read(scene: &mut Scene) -> Kstatus {
    kstatus(&json!({"metadata": {"generation": 3}, "status": scene.compute().0.patch()["status"]}))
}

#[test]
fn an_object_that_nobody_has_looked_at_is_in_progress() {
    let new =
        |generation| json!({"metadata": {"generation": generation}, "status": {"observedGeneration": -1}});
    assert_eq!(kstatus(&new(1)), Kstatus::InProgress);
    // As the rules have it of one without any status, for which that default is.
    assert_eq!(kstatus(&json!({"metadata": {"generation": 1}})), Kstatus::Current);
    assert_eq!(
        kstatus(&json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})),
        Kstatus::Terminating
    );
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
        assert_eq!(read(&mut scene), expected, "{what}");
    }
}

#[test]
fn a_spec_that_makes_no_sense_has_failed() {
    let invalid = Scene::working().invalid();
    let status = &invalid.patch()["status"];
    assert_eq!(kstatus(&json!({"metadata": {"generation": 3}, "status": status})), Kstatus::Failed);
    assert_eq!(kstatus(&json!({"metadata": {"generation": 4}, "status": status})), Kstatus::InProgress);
}
