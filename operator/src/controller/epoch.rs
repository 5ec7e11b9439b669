//! What the pods of a session are made of, as far as the reports have to know when that changes.

use crate::controller::build::ClientPods;
use crate::controller::resources::{Desired, Prepared, Resources};
use crate::run::RunStage;
use crate::session::{Session, short_hash};

/// Names what the pods of a session are made of: where it changes, the operator disturbs media by itself. That a client is
/// tried once more is no change.
pub(super) fn epoch(session: &Session, prepared: &Resources<Prepared>, clients: ClientPods<'_>) -> String {
    let server = match &prepared.server_deployment {
        Desired::Present(deployment) => Some(&deployment.spec.template),
        Desired::Absent | Desired::AsItIs => None,
    };
    short_hash(&(server, (session.stage != RunStage::Finished).then(|| clients.hash())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::{build, fixture};

    fn epoch_of(spec: &Value) -> String {
        let (session, settings) = (fixture::session(spec), fixture::settings());
        let prepared = build(&session, &fixture::nothing(), &settings, None);
        epoch(&session, &prepared, ClientPods::of(&session, &settings))
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
}
