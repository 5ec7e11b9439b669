//! What holds for every session: generated specs through validate, build and the comparison with what is stored.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::clients::Create;
use crate::controller::apply::difference;
use crate::controller::build::{ClientPods, Site, build, fixture};
use crate::controller::resources::{Desired, Prepared, Resources};
use crate::session::short_hash;
use crate::session::validate;

/// Settings of a pod, as somebody may write them.
fn pod() -> impl Strategy<Value = Value> {
    let name = || "[a-z]([a-z0-9]{0,6}[a-z0-9])?";
    let map = move || prop::collection::btree_map(name(), name(), 0..4);
    let tolerations = prop::collection::btree_set(name(), 0..3);
    (map(), map(), map(), tolerations, prop::option::of(1_u32..4000)).prop_map(
        |(selector, labels, annotations, tolerations, millicores)| {
            let tolerations: Vec<_> =
                tolerations.into_iter().map(|key| json!({"key": key, "operator": "Exists"})).collect();
            let resources = millicores.map(|cpu| {
                json!({"requests": {"cpu": (f64::from(cpu) / 1000.0).to_string()}, "limits": {"memory": "1Gi"}})
            });
            let mut pod = json!({
                "nodeSelector": selector, "podLabels": labels, "podAnnotations": annotations, "tolerations": tolerations
            });
            if let Some(resources) = resources {
                pod["resources"] = resources;
            }
            pod
        },
    )
}

/// A spec whose values are all within their ranges.
fn spec() -> impl Strategy<Value = Value> {
    let video = (32_i32..=960, 32_i32..=540, 5_i32..=60, 50_i32..=20_000);
    let whole = (0_i32..=100, prop::option::of(5_u32..=604_800), any::<bool>(), 4_i32..=28, 0_i32..=5000);
    let placement =
        prop::sample::select(vec!["Spread", "CrossNode", "SameNode", "Any", "CrossZone", "EachNode"]);
    (video, whole, placement, any::<bool>(), pod(), pod()).prop_map(
        |((width, height, fps, kbps), (clients, seconds, suspend, radius, speed), placement, isolated, server, client)| {
            let mut spec = json!({
                "clients": clients, "suspend": suspend, "placement": placement,
                "networkPolicy": if isolated { "Isolated" } else { "None" },
                "video": {"width": 2 * width, "height": 2 * height, "framesPerSecond": fps, "bitrateKbps": kbps},
                "ball": {"radiusPixels": radius, "speedPixelsPerSecond": speed}, "server": server, "client": client
            });
            if let Some(seconds) = seconds {
                spec["duration"] = json!(format!("{seconds}s"));
            }
            spec
        },
    )
}

fn built(spec: &Value) -> Resources<Prepared> {
    build(&fixture::session(spec), &Resources::nothing(), &fixture::settings(), Some("authorities"))
}

fn deployment(spec: &Value) -> Deployment {
    match built(spec).server_deployment {
        Desired::Present(deployment) => deployment,
        other => panic!("a session that is not finished has a server: {other:?}"),
    }
}

/// As it is sent to the API server.
fn applied(deployment: &Deployment) -> Value {
    let mut value = serde_json::to_value(deployment).unwrap();
    let hash = short_hash(&value);
    difference::stamp(&mut value, &hash);
    value
}

/// What the API server notes of an applied object: fields one by one, items of lists by their name, and other lists, and
/// maps that are one value to it, as a whole.
fn noted(value: &Value) -> Value {
    const WHOLE: [&str; 4] = ["selector", "nodeSelector", "fieldRef", "ownerReferences"];
    let Value::Object(fields) = value else { return json!({}) };
    let note = |(name, value): (&String, &Value)| {
        let below = match value {
            Value::Array(items) if items.iter().all(|item| item["name"].is_string()) && !items.is_empty() => {
                items
                    .iter()
                    .map(|item| (format!("k:{}", json!({"name": item["name"]})), noted(item)))
                    .collect()
            }
            _ if WHOLE.contains(&name.as_str()) => json!({}),
            other => noted(other),
        };
        (format!("f:{name}"), below)
    };
    Value::Object(fields.iter().map(note).collect::<Map<_, _>>())
}

/// What is stored of it: with defaults and fields of others.
fn stored(applied: &Value) -> Value {
    let mut live = applied.clone();
    let pod = &mut live["spec"]["template"]["spec"];
    pod["dnsPolicy"] = json!("ClusterFirst");
    pod["containers"][0]["terminationMessagePath"] = json!("/dev/termination-log");
    pod["containers"][0]["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] = json!("v1");
    for toleration in pod["tolerations"].as_array_mut().into_iter().flatten() {
        if toleration["tolerationSeconds"].is_null() {
            toleration["tolerationSeconds"] = json!(7);
        }
    }
    live["metadata"]["labels"]["somebody"] = json!("else");
    live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("1");
    live["spec"]["progressDeadlineSeconds"] = json!(600);
    let metadata = json!({"labels": noted(&applied["metadata"]["labels"]), "annotations": noted(&applied["metadata"]["annotations"])});
    live["metadata"]["managedFields"] = json!([{
        "manager": "ballsession-operator", "operation": "Apply",
        "fieldsV1": {"f:spec": noted(&applied["spec"]), "f:metadata": {
            "f:labels": metadata["labels"], "f:annotations": metadata["annotations"], "f:ownerReferences": {}
        }}
    }]);
    live
}

fn differs(desired: &Value, live: Value) -> bool {
    difference::differs(desired, &serde_json::from_value::<Deployment>(live).unwrap())
}

/// The paths of all values of an object that are no objects or lists themselves.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            leaves(value, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| {
            leaves(value, &format!("{path}/{index}"), found);
        }),
        _ => found.push(path.to_owned()),
    }
}

proptest! {
    #[test]
    fn what_is_stored_as_it_was_applied_is_not_applied_again(spec in spec()) {
        let applied = applied(&deployment(&spec));
        prop_assert!(!differs(&applied, stored(&applied)));
    }

    #[test]
    fn whatever_is_taken_out_is_applied(spec in spec(), which in any::<prop::sample::Index>()) {
        let mut fewer = spec.clone();
        let parts = ["nodeSelector", "podLabels", "podAnnotations", "tolerations"];
        match &mut fewer["server"][parts[which.index(parts.len())]] {
            Value::Object(map) if !map.is_empty() => {
                let key = map.keys().nth(which.index(map.len())).cloned();
                key.map(|key| map.remove(&key));
            }
            Value::Array(list) if !list.is_empty() => drop(list.remove(which.index(list.len()))),
            _ => return Ok(()),
        }
        prop_assert!(differs(&applied(&deployment(&fewer)), stored(&applied(&deployment(&spec)))));
    }

    #[test]
    fn whatever_changes_is_applied(before in spec(), after in spec()) {
        let (before, after) = (deployment(&before), deployment(&after));
        prop_assert_eq!(differs(&applied(&after), stored(&applied(&before))), before != after);
    }

    #[test]
    fn a_value_that_somebody_else_changes_is_applied_again(spec in spec(), which in any::<prop::sample::Index>()) {
        let applied = applied(&deployment(&spec));
        let mut paths = Vec::new();
        leaves(&applied["spec"], "/spec", &mut paths);
        let mut live = stored(&applied);
        let value = live.pointer_mut(&paths[which.index(paths.len())]).unwrap();
        *value = match value.clone() {
            Value::Bool(is) => json!(!is),
            Value::Number(number) => json!(number.as_i64().unwrap() + 1),
            Value::String(text) => json!(format!("{text}1")),
            other => panic!("{other} is no leaf"),
        };
        prop_assert!(differs(&applied, live));
    }

    #[test]
    fn pods_are_found_by_their_selector_and_wear_the_labels_of_their_session(spec in spec()) {
        let server = deployment(&spec);
        let template = server.spec.template.metadata.unwrap().labels.unwrap();
        for (key, value) in server.spec.selector.match_labels.unwrap() {
            prop_assert_eq!(template.get(&key), Some(&value));
        }
        for (key, value) in server.metadata.labels.unwrap() {
            prop_assert_eq!(template.get(&key), Some(&value));
        }
    }

    #[test]
    fn a_pod_of_a_client_is_replaced_where_it_is_made_of_something_else(
        before in spec(), after in spec(), index in 0_u32..100, attempt in 1_u32..1000,
    ) {
        let pod = |spec: &Value| {
            let (session, settings) = (fixture::session(spec), fixture::settings());
            let pods = ClientPods::of(&session, &settings);
            let create = Create { index, attempt, measured: Duration::ZERO };
            (pods.hash(), pods.pod(&create, Site { node: Some("a"), server_node: Some("s") }))
        };
        let ((hash, pod), (other_hash, other)) = (pod(&before), pod(&after));
        prop_assert_eq!(hash == other_hash, pod == other);
        prop_assert_eq!(pod.metadata.name == other.metadata.name, pod == other);
    }

    #[test]
    fn no_numbers_make_validation_fail_in_another_way_than_by_saying_so(
        numbers in prop::array::uniform8(any::<i32>()), texts in prop::array::uniform4(".{0,16}"),
    ) {
        let [clients, width, height, fps, kbps, radius, speed, frames] = numbers;
        let [duration, window, error, loss] = texts;
        let stored = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
            "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "1"},
            "spec": {
                "clients": clients, "duration": duration,
                "video": {"width": width, "height": height, "framesPerSecond": fps, "bitrateKbps": kbps},
                "ball": {"radiusPixels": radius, "speedPixelsPerSecond": speed},
                "objectives": {"window": window, "errorPixelsP95": error, "lossPercent": loss, "minimumFrames": frames}
            }
        });
        if let Err(error) = validate(&serde_json::from_value(stored).unwrap()) {
            prop_assert!(error.to_string().contains("must be"), "{}", error);
        }
    }
}
