//! What the operator may do, written down a second time: whoever changes a role has to say so here as well.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::files;

/// A right as `group/resource verb`; the core group has no name.
pub(crate) type Right = (&'static str, &'static str, &'static str);

/// In all namespaces that it watches.
pub(crate) const SESSIONS: &[Right] = &[
    ("ballsession.dev", "ballsessions", "get list watch delete"),
    ("ballsession.dev", "ballsessions/status", "patch"),
    ("ballsession.dev", "ballsessions/finalizers", "update"),
    ("apps", "deployments", "get list watch create patch"),
    ("batch", "jobs", "get list watch delete"),
    ("", "services", "get list watch create patch delete"),
    ("", "serviceaccounts", "get list watch create patch"),
    ("", "configmaps", "get list watch create patch"),
    ("networking.k8s.io", "networkpolicies", "get list watch create patch delete"),
    ("", "pods", "get list watch create delete"),
    ("", "nodes", "list watch"),
    ("apps", "replicasets", "get list watch"),
    ("events.k8s.io", "events", "create patch"),
    ("", "events", "list"),
];

/// In the cluster: who asks over HTTP, and may see what.
pub(crate) const CLUSTER: &[Right] = &[
    ("authentication.k8s.io", "tokenreviews", "create"),
    ("authorization.k8s.io", "subjectaccessreviews", "create"),
];

/// The API server's keys, and what says where they are: Kubernetes' own role for that.
pub(crate) const KEY_PATHS: &[&str] = &["/openid/v1/jwks", "/.well-known/openid-configuration"];
/// Of the API server's other paths it may read what everybody may, and these not.
pub(crate) const FORBIDDEN_PATHS: &[&str] = &["/metrics", "/logs", "/debug/pprof", "/openid/v1"];

/// In its own namespace.
pub(crate) const LEASE: &[Right] = &[("coordination.k8s.io", "leases", "create get update")];
/// There as well: which of its pods takes reports.
pub(crate) const LEADER: &[Right] = &[("", "pods", "list patch")];

/// There as well, and only with the one that the manifests bring.
pub(crate) const KEYS: &[Right] = &[("", "secrets", "get update")];

/// What it must not do: with these it could do everything else.
pub(crate) const FORBIDDEN: &[Right] = &[
    ("", "secrets", "get list watch create update patch delete"),
    ("", "configmaps", "update delete deletecollection"),
    ("", "nodes", "get create update patch delete"),
    ("", "namespaces", "create patch delete"),
    ("", "pods", "update deletecollection"),
    ("", "services", "update deletecollection"),
    ("", "serviceaccounts", "update delete impersonate"),
    ("apps", "deployments", "update delete"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", "create update patch delete"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "create update patch delete"),
    ("batch", "jobs", "create patch"),
    ("", "pods/exec", "create"),
    ("", "serviceaccounts/token", "create"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "create update patch delete"),
    ("rbac.authorization.k8s.io", "roles", "create update patch bind escalate"),
    ("rbac.authorization.k8s.io", "clusterroles", "create update patch bind escalate"),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "create"),
    ("ballsession.dev", "ballsessions", "create update patch"),
    ("ballsession.dev", "ballsessions/status", "update"),
    ("coordination.k8s.io", "leases", "delete"),
    ("", "users", "impersonate"),
    ("*", "*", "*"),
];

/// What it must not do in other namespaces than its own.
pub(crate) const FORBIDDEN_ELSEWHERE: &[Right] = &[("", "pods", "patch")];

/// Each verb of each right by itself.
pub(crate) fn each(rights: &[Right]) -> impl Iterator<Item = Right> {
    rights
        .iter()
        .flat_map(|(group, resource, verbs)| verbs.split(' ').map(move |verb| (*group, *resource, verb)))
}

fn granted(kind: &str, name: &str) -> BTreeSet<(String, String, String)> {
    let objects = files::install();
    let title = format!("{kind} {name}");
    let role = objects.iter().find(|object| files::title(object) == title).unwrap();
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
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

#[test]
fn the_operators_roles_have_these_rights_and_no_others() {
    for (kind, name, rights) in [
        ("ClusterRole", "ballsession-operator", SESSIONS),
        ("ClusterRole", "ballsession-operator-token-reviews", CLUSTER),
        ("Role", "ballsession-operator-lease", LEASE),
        ("Role", "ballsession-operator-leader", LEADER),
        ("Role", "ballsession-operator-report-keys", KEYS),
    ] {
        let expected: BTreeSet<_> = each(rights)
            .map(|(group, resource, verb)| (group.into(), resource.into(), verb.into()))
            .collect();
        assert_eq!(granted(kind, name), expected, "{name}");
    }
}

#[test]
fn nobody_is_granted_more_than_sessions() {
    for name in ["ballsession-viewer", "ballsession-editor"] {
        for (group, resource, verb) in granted("ClusterRole", name) {
            assert_eq!(group, "ballsession.dev", "{name}");
            assert!(resource.starts_with("ballsessions") && verb != "*", "{name}: {verb} {resource}");
            assert!(resource != "ballsessions/status" || verb == "get", "status is the operator's: {name}");
        }
    }
}
