//! What is asked for of a session's pods, so that pods which another version made can be told from outdated ones.

use crate::session::hash::short_hash;
use crate::session::model::Session;

/// A hash of all in a session that pods are made of, or that is made around them. How the operator makes them of it is not in
/// it: versions differ in that.
pub fn asked_hash(session: &Session) -> String {
    let spec = &session.spec;
    let pods = (spec.clients, spec.placement, &spec.server, &spec.client);
    short_hash(&(&session.run_hash, pods, spec.network_policy))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::validate;

    fn asked(spec: &Value) -> String {
        let stored = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
            "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "5e8d2c1a-uid"}, "spec": spec
        });
        asked_hash(&validate(&serde_json::from_value(stored).unwrap()).unwrap())
    }

    #[test]
    fn whatever_pods_follow_from_is_asked_for() {
        let base = asked(&json!({}));
        for same in [
            json!({"objectives": {"lossPercent": "5", "window": "5s"}}),
            json!({"startDeadline": "30s", "ttlAfterFinished": "1h", "suspend": true}),
            json!({"clients": 1, "server": {}, "client": {"faults": []}}),
        ] {
            assert_eq!(asked(&same), base, "{same}");
        }
        for other in [
            json!({"clients": 2}),
            json!({"video": {"bitrateKbps": 2000}}),
            json!({"duration": "5m"}),
            json!({"run": "again"}),
            json!({"server": {"image": "mine:1"}}),
            json!({"client": {"faults": ["drop=1%"]}}),
            json!({"placement": "CrossNode"}),
            json!({"networkPolicy": "Isolated"}),
        ] {
            assert_ne!(asked(&other), base, "{other}");
        }
    }
}
