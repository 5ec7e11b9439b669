//! The rights that the operator is granted are those that it uses: the real program, in the life of sessions with all that there
//! is, with a look at every request that it makes.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster::eventually;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::proxy::Answered;
use crate::world::World;

/// A right as the group and name of a resource, and a verb.
pub(crate) type Right = (String, String, String);

/// How long a step may take: after its start the operator waits a minute for the last numbers of a run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The right that a request needs; two where an apply has made the object. `None` of a path that is no resource's.
pub(crate) fn needed(request: &Answered) -> Vec<Right> {
    let path: Vec<&str> = request.uri.path().trim_matches('/').split('/').collect();
    let (group, rest) = match path.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return Vec::new(),
    };
    let rest = match rest {
        ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
        rest => rest,
    };
    let (resource, is_named) = match rest {
        [] => return Vec::new(),
        [resource] => ((*resource).to_owned(), false),
        [resource, _] => ((*resource).to_owned(), true),
        [resource, _, subresource, ..] => (format!("{resource}/{subresource}"), true),
    };
    let is_watch = request.uri.query().is_some_and(|query| query.split('&').any(|part| part == "watch=true"));
    let verbs: &[&str] = match (&request.method, is_named) {
        (&Method::GET, true) => &["get"],
        (&Method::GET, false) if is_watch => &["watch"],
        (&Method::GET, false) => &["list"],
        (&Method::POST, _) => &["create"],
        (&Method::PUT, _) => &["update"],
        (&Method::PATCH, _) if request.code == StatusCode::CREATED => &["create", "patch"],
        (&Method::PATCH, _) => &["patch"],
        (&Method::DELETE, true) => &["delete"],
        (&Method::DELETE, false) => &["deletecollection"],
        other => panic!("{other:?}"),
    };
    verbs.iter().map(|verb| (group.to_owned(), resource.clone(), (*verb).to_owned())).collect()
}

/// The rights that the operator's roles have.
pub(crate) fn granted() -> BTreeSet<Right> {
    let manifests = include_str!("../../../deploy/dist/install.yaml");
    let objects: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
    let is_role = |object: &&Value| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        matches!(object["kind"].as_str(), Some("Role" | "ClusterRole"))
            && name.starts_with("ballsession-operator")
    };
    let texts = |list: &Value| -> Vec<String> { serde_json::from_value(list.clone()).unwrap() };
    let mut rights = BTreeSet::new();
    for rule in objects.iter().filter(is_role).flat_map(|role| role["rules"].as_array().unwrap()) {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    rights.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    rights
}

/// Waits until the stored session is as it is to be.
pub(crate) async fn session_is(
    world: &World,
    name: &str,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let session = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession"});
    let place = world.place(&world.admin, &session);
    eventually(PATIENCE, what, async || {
        let found = json!(place.get(name).await.map_err(|error| error.to_string())?);
        if is_so(&found) { Ok(found) } else { Err(found.to_string()) }
    })
    .await
}
