//! What is asked for of a session's pods, so that pods which another version made can be told from outdated ones.

use crate::session::hash::short_hash;
use crate::session::model::Session;

/// A hash of all in a session that pods are made of, or that is made around them. How the operator makes them of it is not in
/// it: versions differ in that.
pub fn asked_hash(session: &Session) -> String {
    let spec = &session.spec;
    let pods = (spec.clients, spec.placement, &spec.server, &spec.client);
    // A server of a version that gave it its window when it started reads no answers: another window is another server. A
    // bounded run is judged as a whole.
    let window = session.duration.is_none().then_some(session.window.as_millis());
    short_hash(&(&session.run_hash, pods, spec.network_policy, window))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::fixture::session;

    fn asked(spec: &Value) -> String {
        asked_hash(&session(spec))
    }

    #[test]
    fn whatever_pods_follow_from_is_asked_for() {
        let base = asked(&json!({}));
        for same in [
            json!({"objectives": {"lossPercent": "5"}}),
            json!({"startDeadline": "30s", "ttlAfterFinished": "1h", "suspend": true}),
            json!({"clients": 1, "server": {}, "client": {"faults": []}}),
        ] {
            assert_eq!(asked(&same), base, "{same}");
        }
        let window = json!({"duration": "5m", "objectives": {"window": "5s"}});
        assert_eq!(asked(&window), asked(&json!({"duration": "5m"})), "it is judged as a whole");
        for other in [
            json!({"objectives": {"window": "5s"}}),
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
