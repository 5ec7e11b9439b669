//! By which labels the pods of a session and of the operator are found.

use std::collections::BTreeMap;

/// The label of a part of a session.
pub(crate) const SERVER: &str = "server";
/// The label of a part of a session.
pub(crate) const CLIENT: &str = "client";
/// Selects the operator's deployments and pods, however they are called.
pub(crate) const OPERATOR_SELECTOR: &str = "app.kubernetes.io/name=ballsession-operator";

/// The labels of the pods of a part of a session.
pub(crate) fn labels(session: &str, part: &str) -> BTreeMap<String, String> {
    [
        ("app.kubernetes.io/name", "ballsession"),
        ("app.kubernetes.io/instance", session),
        ("app.kubernetes.io/component", part),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// Selects the pods of a session, or of one part of it.
pub(crate) fn selector(session: &str, part: Option<&str>) -> String {
    let all = format!("app.kubernetes.io/name=ballsession,app.kubernetes.io/instance={session}");
    part.map_or_else(|| all.clone(), |part| format!("{all},app.kubernetes.io/component={part}"))
}
