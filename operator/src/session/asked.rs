//! What is asked for of a session's pods, so that pods which another version made can be told from outdated ones.

use crds::{BallSessionSpec, IpFamily, MediaPath, Relay};

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
    let asked = (&session.run_hash, pods, spec.network_policy, window);
    match way(spec) {
        None => short_hash(&asked),
        Some(way) => short_hash(&(asked, way)),
    }
}

/// A hash of what is asked for of the server's pod within a run: what is measured is another run's. It is stored, and another one
/// makes the pod anew.
pub fn server_asked(spec: &BallSessionSpec) -> String {
    match way(spec) {
        None => short_hash(&spec.server),
        Some((path, _, family)) => short_hash(&(&spec.server, path, family)),
    }
}

/// The same of the clients' pods.
pub fn clients_asked(spec: &BallSessionSpec) -> String {
    let asked = (spec.placement, &spec.client);
    match &spec.relay {
        None => short_hash(&asked),
        Some(relay) => short_hash(&(asked, relay)),
    }
}

/// The way that media is to take, where that is not the one of before there were others.
fn way(spec: &BallSessionSpec) -> Option<(MediaPath, Option<&Relay>, Option<IpFamily>)> {
    let is_default = spec.path == MediaPath::default() && spec.ip_family.is_none();
    (!is_default).then_some((spec.path, spec.relay.as_ref(), spec.ip_family))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::fixture::session;

    fn asked(spec: &Value) -> String {
        asked_hash(&session(spec))
    }

    /// Another hash would make the pods of every session anew, all at once, at an upgrade.
    #[test]
    fn what_is_asked_for_of_pods_keeps_its_name() {
        let hashes = |spec: Value| {
            let spec = serde_json::from_value(spec).unwrap();
            (server_asked(&spec), clients_asked(&spec))
        };
        let base = hashes(json!({}));
        assert_eq!((base.0.as_str(), base.1.as_str()), ("44136fa355b3678a", "9ad73160c07fe26b"));
        let pod = json!({
            "image": "mine:1", "imagePullPolicy": "Never", "imagePullSecrets": [{"name": "mirror"}],
            "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"disk": "ssd"},
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "tolerations": [{"key": "media", "operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "priorityClassName": "canaries", "podLabels": {"team": "media"}, "podAnnotations": {"note": "n"}
        });
        let mut client = pod.clone();
        client["faults"] = json!(["drop=1%"]);
        let all = hashes(json!({"server": pod, "client": client, "placement": "CrossZone"}));
        assert_eq!((all.0.as_str(), all.1.as_str()), ("8216e1d16f276558", "d1600dfab62d40db"));
        for same in
            [json!({"clients": 7, "suspend": true}), json!({"networkPolicy": "Isolated", "duration": "5m"})]
        {
            assert_eq!(hashes(same.clone()), base, "{same}");
        }
        assert_eq!(hashes(json!({"path": "PodIP"})), base, "as before there were others");
        for (way, server, clients) in [
            (json!({"path": "ClusterIP"}), true, false),
            (json!({"ipFamily": "IPv6"}), true, false),
            (json!({"path": "Relay", "relay": {"uri": "turn:a", "secretName": "a"}}), true, true),
        ] {
            let hashes = hashes(way.clone());
            assert_eq!((hashes.0 != base.0, hashes.1 != base.1), (server, clients), "{way}");
        }
        assert_eq!(hashes(json!({"placement": "Any"})).0, base.0, "the server is where it is");
        assert_ne!(hashes(json!({"placement": "Any"})).1, base.1);
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
            json!({"path": "NodePort"}),
            json!({"ipFamily": "IPv4"}),
            json!({"path": "Relay", "relay": {"uri": "turn:a", "secretName": "a"}}),
        ] {
            assert_ne!(asked(&other), base, "{other}");
        }
    }
}
