//! What the pods of a session are made of, as far as the reports have to know when that changes.

use crds::Run;

use crate::controller::templates::Templates;
use crate::run::{Drilled, RunStage};
use crate::session::{Session, short_hash};

/// Names what the pods of a session are made of: where it changes, the operator disturbs media by itself. Neither that a client is
/// tried once more is a change, nor that another version of the operator would make them otherwise.
/// A drill of the run is one.
pub(super) fn epoch(session: &Session, templates: &Templates, run: &Run) -> String {
    let [server, clients] = templates.names();
    let clients = clients.filter(|_| session.stage != RunStage::Finished);
    match Drilled::of(run) {
        None => short_hash(&(server, clients)),
        Some(drilled) => short_hash(&(server, clients, drilled.pod)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::templates::tests::Scene;

    fn epoch_of(spec: &Value) -> String {
        let scene = Scene::of(spec);
        epoch(&scene.session, &scene.templates(), &Run::default())
    }

    #[test]
    fn an_epoch_is_of_what_pods_are_made_of() {
        let base = epoch_of(&json!({}));
        for same in [
            json!({"clients": 7}),
            json!({"clients": 0}),
            json!({"objectives": {"lossPercent": "5", "window": "5s"}}),
            json!({"suspend": true}),
            json!({"networkPolicy": "Isolated"}),
        ] {
            assert_eq!(epoch_of(&same), base, "{same}");
        }
        for other in [
            json!({"video": {"bitrateKbps": 2000}}),
            json!({"server": {"image": "mine:1"}}),
            json!({"client": {"faults": ["drop=1%"]}}),
            json!({"placement": "CrossNode"}),
        ] {
            assert_ne!(epoch_of(&other), base, "{other}");
        }
    }

    #[test]
    fn an_epoch_begins_with_a_drill() {
        let scene = Scene::of(&json!({"drill": {}}));
        let of = |drill: Value| {
            let run = serde_json::from_value(json!({"hash": "r", "drill": drill})).unwrap();
            epoch(&scene.session, &scene.templates(), &run)
        };
        let awaited = of(json!({"asked": "a", "streamingSince": "2026-01-01T00:00:00Z"}));
        assert_eq!(awaited, epoch_of(&json!({})));
        let drilled = |pod: &str| of(json!({"asked": "a", "startedAt": "2026-01-01T00:00:00Z", "pod": pod}));
        assert_ne!(drilled("a"), awaited);
        assert_ne!(drilled("b"), drilled("a"), "it was drilled again");
    }
}
