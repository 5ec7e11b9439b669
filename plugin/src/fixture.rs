//! For tests: a session of generation 3 that ran for two minutes, with numbers of two clients.

use crds::BallSession;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::json;

/// A condition about a generation.
pub(crate) fn condition(kind: &str, status: &str, reason: &str, generation: i64) -> Condition {
    let condition = json!({
        "type": kind, "status": status, "reason": reason, "message": format!("{reason} in words"),
        "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:02:05Z"
    });
    serde_json::from_value(condition).unwrap()
}

/// The conditions of a run that is over and missed its latency.
pub(crate) fn missed() -> Vec<Condition> {
    let message = "250 ms latency p95, 200 ms allowed (harbor-client-1 on worker-2; cause Network)";
    vec![
        condition("Ready", "True", "Completed", 3),
        Condition { message: message.into(), ..condition("ObjectivesMet", "False", "LatencyTooHigh", 3) },
        condition("Complete", "True", "Finished", 3),
    ]
}

/// The session with these conditions.
pub(crate) fn session(conditions: &[Condition]) -> BallSession {
    let frames = |sent: i64, lost: i64| {
        json!({"sent": sent, "pending": 0, "matched": sent - lost, "estimated": 0, "lost": lost, "late": 0,
               "undecodable": 0, "undetected": 0})
    };
    let session = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": "docks", "generation": 3, "uid": "u-1",
                     "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"clients": 2, "duration": "2m", "placement": "CrossNode", "path": "ClusterIP", "ipFamily": "IPv4",
                 "drill": {"after": "30s"}, "objectives": {"recovery": "2s"}},
        "status": {
            "observedGeneration": 3,
            "conditions": conditions,
            "display": {"clients": "2/2", "serverNode": "worker-1", "serverZone": "north", "errorP95": "0.0117px", "latencyP95": "120ms",
                        "loss": "0.1%", "delivered": "99.9%", "reason": "LatencyTooHigh", "cause": "Network",
                        "path": "ClusterIP IPv4 10.96.0.7:8082"},
            "run": {"hash": "abc", "spec": "640x480 at 30 fps for 2m", "startedAt": "2026-01-01T00:00:01Z",
                    "measuringSince": "2026-01-01T00:00:04Z", "endedAt": "2026-01-01T00:02:04Z",
                    "drill": {"asked": "RestartServer after 30s", "streamingSince": "2026-01-01T00:00:05Z",
                              "startedAt": "2026-01-01T00:00:35Z", "pod": "u-2"}},
            "measurements": {
                "startedAt": "2026-01-01T00:00:02Z", "frames": frames(7200, 7), "lossPercent": "0.0972",
                "undetectedPercent": "0", "deliveredPercent": "99.9",
                "errorPixels": {"mean": "0.0059", "p50": "0.005", "p95": "0.0117", "max": "0.2"},
                "latencyMilliseconds": {"p50": "3.1", "p95": "120", "max": "300"},
                "setupMilliseconds": {"p50": "80", "p95": "91"},
                "freezes": {"count": 1, "longestMilliseconds": "133"},
                "recoveryMilliseconds": "2310", "lostFrames": 131
            },
            "clients": [
                {"id": "harbor-client-1", "node": "worker-2", "state": "Ended", "reconnects": 1,
                 "frames": frames(3600, 7), "lossPercent": "0.194", "undetectedPercent": "0",
                 "deliveredPercent": "99.8", "errorPixelsP95": "0.0121", "latencyMillisecondsP95": "250",
                 "longestFreezeMilliseconds": "133", "setupMilliseconds": "91", "cause": "Network",
                 "recoveryMilliseconds": "2310", "lostFrames": 69, "zone": "south",
                 "path": "host 10.244.2.10:57076 to host 10.96.0.7:8082",
                 "pathMtu": {"toClient": 1200, "toServer": 1450, "largestPacket": 1264}},
                {"id": "harbor-client-0", "node": "worker-3", "state": "Ended", "reconnects": 0,
                 "frames": frames(3600, 0), "lossPercent": "0", "undetectedPercent": "0",
                 "deliveredPercent": "100", "errorPixelsP95": "0.0112", "latencyMillisecondsP95": "5",
                 "longestFreezeMilliseconds": "0", "setupMilliseconds": "80", "recoveryMilliseconds": "1980",
                 "lostFrames": 62, "path": "host 10.244.1.9:40112 to host 10.96.0.7:8082"}
            ],
            "errorCount": 2,
            "errors": [{"code": "ConnectFailed", "count": 2, "message": "refused | by <the> \"server\""}]
        }
    });
    serde_json::from_value(session).unwrap()
}
