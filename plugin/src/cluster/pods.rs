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

#[cfg(test)]
mod tests {
    use ballsession_operator::session::labels as operators;
    use ballsession_operator::session::labels::Component;

    use super::*;

    #[test]
    fn pods_are_found_by_the_labels_that_the_operator_gives_them() {
        for (part, component) in [(SERVER, Component::Server), (CLIENT, Component::Client)] {
            let given = operators::of("harbor", component);
            assert!(
                labels("harbor", part).iter().all(|(key, value)| given.get(key) == Some(value)),
                "{given:?}"
            );
            assert_eq!(labels("harbor", part), operators::selecting("harbor", component));
            for selector in [selector("harbor", Some(part)), selector("harbor", None)] {
                for pair in selector.split(',') {
                    let (key, value) = pair.split_once('=').unwrap();
                    assert_eq!(given.get(key).map(String::as_str), Some(value), "{selector}");
                }
            }
        }
        assert_eq!(OPERATOR_SELECTOR, format!("{}={}", operators::NAME, operators::OPERATOR));
    }
}
