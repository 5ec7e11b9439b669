//! Whether applying an object would change it: a write that changes nothing still costs the API server as much.
//!
//! What the API server filled in is nobody's difference. Which lists are merged by keys, and which fields were set
//! before but no longer are, stands in the object's `managedFields`: `f:name` is a field, `k:{…}` an item of a list by
//! its keys, and what has nothing below it is one value to the API server.
//!
//! Which parts of such a value were ours and which are defaults, nothing shows: so a [`stamp`] shows whether the object
//! asks for the same as at the last apply. Whoever else changes the value takes it over: it is not noted as ours then.

use crds::contract::{APPLIED_HASH_ANNOTATION, CONTROLLER_FIELD_MANAGER};
use kube::Resource;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cluster::applied_by;
use crate::json::is_empty;
use crate::quantity;

/// Notes in an object that is to be applied the hash of all that it asks for.
pub(in crate::controller) fn stamp(desired: &mut Value, hash: &str) {
    desired["metadata"]["annotations"][APPLIED_HASH_ANNOTATION] = hash.into();
}

/// Whether a field that is set in `desired` has another value in `live` or is not ours any more, or one that we set in
/// `live` is no longer in `desired`.
pub(in crate::controller) fn differs<K: Resource + Serialize>(desired: &Value, live: &K) -> bool {
    let Ok(value) = serde_json::to_value(live) else { return true };
    let fields = without_identity(desired.clone());
    Comparison { in_resources: false }.differs(&fields, Some(&value), ours(live).as_ref())
}

/// The same of `desired` without its spec: whatever the spec is.
pub(super) fn differs_beside_spec<K: Resource + Serialize>(desired: &Value, live: &K) -> bool {
    let Ok(value) = serde_json::to_value(live) else { return true };
    let owned = ours(live).map(|mut owned| {
        if let Some(fields) = owned.as_object_mut() {
            fields.remove("f:spec");
        }
        owned
    });
    let fields = without_identity(desired.clone());
    Comparison { in_resources: false }.differs(&fields, Some(&value), owned.as_ref())
}

/// What names an object is part of the request. The API server notes it as nobody's.
fn without_identity(mut desired: Value) -> Value {
    let mut remove = |place: &str, names: [&str; 2]| {
        if let Some(fields) = desired.pointer_mut(place).and_then(Value::as_object_mut) {
            fields.retain(|name, _| !names.contains(&name.as_str()));
        }
    };
    remove("", ["apiVersion", "kind"]);
    remove("/metadata", ["name", "namespace"]);
    desired
}

/// The fields that we have set, as the API server noted them.
fn ours<K: Resource>(live: &K) -> Option<Value> {
    applied_by(live.meta(), CONTROLLER_FIELD_MANAGER)
}

#[derive(Clone, Copy)]
struct Comparison {
    /// Below requests or limits: texts are amounts.
    in_resources: bool,
}

impl Comparison {
    fn differs(self, desired: &Value, live: Option<&Value>, owned: Option<&Value>) -> bool {
        match (desired, live) {
            (Value::Null, _) => false,
            (desired, None) => !is_empty(desired),
            (Value::Object(desired), Some(Value::Object(live))) => self.objects(desired, live, owned),
            (Value::Array(desired), Some(Value::Array(live))) => self.lists(desired, live, owned),
            (Value::String(desired), Some(Value::String(live))) if self.in_resources => {
                !quantity::equal(desired, live)
            }
            (desired, Some(live)) => desired != live,
        }
    }

    fn objects(self, desired: &Map<String, Value>, live: &Map<String, Value>, owned: Option<&Value>) -> bool {
        // Where nothing is noted of the parts, they are one value.
        let noted = owned.and_then(Value::as_object).filter(|parts| !parts.is_empty());
        let changed = desired.iter().any(|(name, value)| {
            let within = Self { in_resources: self.in_resources || name == "requests" || name == "limits" };
            let owned = noted.and_then(|parts| parts.get(&format!("f:{name}")));
            let is_lost = noted.is_some() && owned.is_none() && !is_empty(value);
            is_lost || within.differs(value, live.get(name), owned)
        });
        changed || owned_names(owned, "f:").any(|(name, _)| !desired.contains_key(name))
    }

    fn lists(self, desired: &[Value], live: &[Value], owned: Option<&Value>) -> bool {
        let keyed: Vec<_> = owned_names(owned, "k:")
            .filter_map(|(keys, below)| Some((serde_json::from_str::<Map<String, Value>>(keys).ok()?, below)))
            .collect();
        if keyed.is_empty() {
            let pairs = desired.iter().zip(live);
            return desired.len() != live.len()
                || pairs.into_iter().any(|(desired, live)| self.differs(desired, Some(live), None));
        }
        let removed = keyed.iter().any(|(keys, _)| !desired.iter().any(|item| has_keys(item, keys)));
        removed
            || desired.iter().any(|item| {
                let Some((keys, below)) = keyed.iter().find(|(keys, _)| has_keys(item, keys)) else {
                    return true;
                };
                let live = live.iter().find(|item| has_keys(item, keys));
                self.differs(item, live, Some(below))
            })
    }
}

/// What is noted of the parts of a field, by name.
fn owned_names<'a>(owned: Option<&'a Value>, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let parts = owned.and_then(Value::as_object).into_iter().flatten();
    parts.filter_map(move |(name, below)| Some((name.strip_prefix(kind)?, below)))
}

/// Whether an item of a list is the one with these keys. A key that is left out gets its default.
fn has_keys(item: &Value, keys: &Map<String, Value>) -> bool {
    keys.iter().all(|(name, value)| item.get(name).is_none_or(|found| found == value))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    use super::*;
    use crate::session::short_hash;

    /// What the API server makes of a Deployment: defaults, amounts in its own form, and a note of who set what.
    fn live() -> Value {
        json!({
            "metadata": {
                "name": "harbor-server", "uid": "1", "resourceVersion": "7",
                "labels": {"app": "harbor", "somebody": "else"},
                "managedFields": [
                    {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status",
                     "fieldsV1": {"f:status": {}}},
                    {"manager": CONTROLLER_FIELD_MANAGER, "operation": "Apply", "fieldsV1": {
                        "f:metadata": {"f:labels": {"f:app": {}}},
                        "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {
                            "f:nodeSelector": {},
                            "f:tolerations": {},
                            "f:containers": {"k:{\"name\":\"server\"}": {
                                ".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                                "f:resources": {"f:requests": {"f:cpu": {}}},
                                "f:ports": {"k:{\"containerPort\":8081,\"protocol\":\"TCP\"}": {
                                    ".": {}, "f:containerPort": {}, "f:name": {}}}
                            }}
                        }}}
                    }}
                ]
            },
            "spec": {"replicas": 1, "progressDeadlineSeconds": 600, "template": {"spec": {
                "dnsPolicy": "ClusterFirst",
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "media", "operator": "Exists"}],
                "containers": [
                    {"name": "sidecar", "image": "injected"},
                    {"name": "server", "image": "s:7", "imagePullPolicy": "IfNotPresent", "args": ["--fps", "30"],
                     "resources": {"requests": {"cpu": "500m"}},
                     "ports": [{"name": "http", "containerPort": 8081, "protocol": "TCP"}]}
                ]
            }}}
        })
    }

    fn desired() -> Value {
        json!({
            "metadata": {"name": "harbor-server", "labels": {"app": "harbor"}},
            "spec": {"replicas": 1, "template": {"spec": {
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "media", "operator": "Exists"}],
                "containers": [
                    {"name": "server", "image": "s:7", "args": ["--fps", "30"], "resources": {"requests": {"cpu": "0.5"}},
                     "ports": [{"name": "http", "containerPort": 8081}]}
                ]
            }}}
        })
    }

    fn changed(change: impl FnOnce(&mut Value, &mut Value)) -> bool {
        let (mut desired, mut live) = (desired(), live());
        change(&mut desired, &mut live);
        differs(&desired, &serde_json::from_value::<Deployment>(live).unwrap())
    }

    #[test]
    fn what_others_add_and_other_forms_of_an_amount_are_no_difference() {
        assert!(!changed(|_, _| ()));
        assert!(!changed(|_, live| live["metadata"]["annotations"] = json!({"note": "n"})));
        assert!(!changed(|_, live| {
            live["spec"]["template"]["spec"]["containers"][1]["env"] = json!([{"name": "PROXY"}]);
        }));
    }

    #[test]
    fn a_value_that_we_set_is_compared_wherever_it_is() {
        assert!(changed(|_, live| live["spec"]["replicas"] = json!(2)));
        assert!(changed(|_, live| live["metadata"]["labels"]["app"] = json!("pier")));
        assert!(changed(|_, live| drop(live["metadata"]["labels"].as_object_mut().unwrap().remove("app"))));
        let container = |live: &mut Value, field: &str, value: Value| {
            live["spec"]["template"]["spec"]["containers"][1][field] = value;
        };
        assert!(changed(|_, live| container(live, "image", json!("s:8"))));
        assert!(changed(|_, live| container(live, "args", json!(["--fps", "30", "-v"]))));
        assert!(changed(|_, live| container(live, "resources", json!({"requests": {"cpu": "501m"}}))));
        assert!(changed(|_, live| container(live, "name", json!("renamed"))));
        assert!(changed(|_, live| live["spec"]["template"]["spec"]["tolerations"] = json!([])));
    }

    #[test]
    fn a_field_that_we_no_longer_set_has_to_go() {
        let pod = |desired: &mut Value| desired["spec"]["template"]["spec"].as_object_mut().unwrap().clone();
        let without = |name: &'static str| {
            changed(move |desired, _| {
                let mut pod = pod(desired);
                pod.remove(name);
                desired["spec"]["template"]["spec"] = pod.into();
            })
        };
        assert!(without("nodeSelector") && without("tolerations"));
        assert!(changed(|desired, _| {
            desired["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([]);
        }));
    }

    #[test]
    fn a_field_or_item_that_is_new_has_to_come() {
        assert!(changed(|desired, _| desired["spec"]["paused"] = json!(true)));
        assert!(changed(|desired, _| {
            let ports = &mut desired["spec"]["template"]["spec"]["containers"][0]["ports"];
            ports.as_array_mut().unwrap().push(json!({"name": "signaling", "containerPort": 8080}));
        }));
    }

    /// Whether an object that was applied as `desired` would be applied again after its session changed.
    fn applied_again(change: impl FnOnce(&mut Value)) -> bool {
        let stamped = |mut desired: Value| {
            let hash = short_hash(&desired);
            stamp(&mut desired, &hash);
            desired
        };
        let (mut asked, mut live) = (desired(), live());
        live["metadata"]["annotations"] = stamped(asked.clone())["metadata"]["annotations"].clone();
        live["metadata"]["managedFields"][1]["fieldsV1"]["f:metadata"]["f:annotations"] =
            json!({"f:ballsession.dev/applied-hash": {}});
        change(&mut asked);
        differs(&stamped(asked), &serde_json::from_value::<Deployment>(live).unwrap())
    }

    #[test]
    fn a_part_that_we_no_longer_set_in_one_value_has_to_go() {
        assert!(!applied_again(|_| ()));
        assert!(applied_again(|desired| desired["spec"]["template"]["spec"]["nodeSelector"] = json!({})));
        assert!(applied_again(|desired| {
            let toleration = &mut desired["spec"]["template"]["spec"]["tolerations"][0];
            toleration.as_object_mut().unwrap().remove("operator");
        }));
    }

    #[test]
    fn a_value_that_somebody_else_added_to_is_not_ours_any_more() {
        assert!(changed(|_, live| {
            live["spec"]["template"]["spec"]["nodeSelector"]["zone"] = json!("a");
            let noted =
                &mut live["metadata"]["managedFields"][1]["fieldsV1"]["f:spec"]["f:template"]["f:spec"];
            noted.as_object_mut().unwrap().remove("f:nodeSelector");
        }));
    }

    #[test]
    fn nothing_asked_for_is_no_difference_to_nothing_there() {
        assert!(!changed(|desired, _| desired["spec"]["template"]["spec"]["affinity"] = json!({})));
        assert!(!changed(|desired, _| desired["spec"]["template"]["spec"]["hostAliases"] = json!([])));
    }

    #[test]
    fn without_a_note_lists_are_compared_item_by_item() {
        let strip = |live: &mut Value| live["metadata"]["managedFields"] = json!([]);
        assert!(changed(|_, live| strip(live)), "the sidecar stands where the server is expected");
        assert!(!changed(|_, live| {
            strip(live);
            live["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().remove(0);
        }));
    }
}
