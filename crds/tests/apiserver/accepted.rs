//! Defaults, and values at the ends of their ranges.

use serde_json::json;

use cluster::{client, dry_run};

#[tokio::test]
async fn an_empty_spec_shows_every_default() {
    let Some(client) = client("an_empty_spec_shows_every_default").await else { return };
    let all = json!({
        "clients": 1,
        "startDeadline": "10m",
        "suspend": false,
        "placement": "Spread",
        "networkPolicy": "None",
        "video": {"width": 640, "height": 480, "framesPerSecond": 30, "bitrateKbps": 1000, "packetBytes": 1188},
        "ball": {"radiusPixels": 20, "speedPixelsPerSecond": 270},
        "objectives": {
            "window": "60s", "errorPixelsP95": "1", "latencyP95": "200ms", "lossPercent": "1",
            "undetectedPercent": "1", "deliveredPercent": "95", "longestFreeze": "1s", "setupP95": "5s",
            "minimumFrames": 300
        },
        "server": {},
        "client": {},
        "path": "PodIP"
    });
    assert_eq!(dry_run(&client, "demo", &json!({})).await, Ok(all.clone()));

    // What is given stays, and what is beside it gets its default all the same.
    let mut small = all;
    small["video"]["width"] = json!(320);
    assert_eq!(dry_run(&client, "demo", &json!({"video": {"width": 320}})).await, Ok(small));
}

#[tokio::test]
async fn the_ends_of_the_ranges_are_allowed() {
    let Some(client) = client("the_ends_of_the_ranges_are_allowed").await else { return };
    let small =
        json!({"width": 64, "height": 64, "framesPerSecond": 5, "bitrateKbps": 50, "packetBytes": 200});
    let (fast, jumbo) = (20_000, 8900);
    let large = json!({"width": 1920, "height": 1080, "framesPerSecond": 60, "bitrateKbps": fast, "packetBytes": jumbo});
    for spec in [
        json!({"clients": 0}),
        json!({"clients": 100, "suspend": true}),
        json!({"duration": "5s"}),
        json!({"duration": "168h"}),
        json!({"duration": "1h30m0.5s"}),
        json!({"duration": null}),
        json!({"path": "NodePort", "ipFamily": "IPv6"}),
        json!({"path": "Relay", "relay": {"uri": "turn:[2001:db8::1]:53?transport=udp", "secretName": "a.b-1"}}),
        json!({"startDeadline": "10s", "run": "", "ttlAfterFinished": "1s"}),
        json!({"startDeadline": "168h", "run": "2026-11-29_b.1", "ttlAfterFinished": "8760h"}),
        json!({"run": "a".repeat(63)}),
        json!({"placement": "CrossNode", "networkPolicy": "Isolated"}),
        json!({"placement": "SameNode"}),
        json!({"placement": "Any"}),
        json!({"placement": "CrossZone"}),
        json!({"placement": "EachNode", "clients": 0}),
        json!({"video": small, "ball": {"radiusPixels": 28, "speedPixelsPerSecond": 0}}),
        json!({"video": large, "ball": {"radiusPixels": 200, "speedPixelsPerSecond": 5000}}),
        json!({"video": small, "ball": {"radiusPixels": 4}}),
        json!({"objectives": {
            "window": "5s", "errorPixelsP95": "0", "latencyP95": "1ms", "lossPercent": "0",
            "undetectedPercent": "0", "deliveredPercent": "0", "longestFreeze": "10ms", "setupP95": "10ms",
            "minimumFrames": 1
        }}),
        json!({"objectives": {
            "window": "1h", "errorPixelsP95": "2500", "latencyP95": "1s", "lossPercent": "100",
            "undetectedPercent": "100", "deliveredPercent": "100", "longestFreeze": "1h", "setupP95": "60m",
            "minimumFrames": 10_000_000
        }}),
        json!({"objectives": {"errorPixelsP95": "0.012", "lossPercent": "00.5"}}),
    ] {
        assert_eq!(dry_run(&client, "demo", &spec).await.err(), None, "{spec}");
    }
    for name in ["a", "demo-2", &"n".repeat(40)] {
        assert_eq!(dry_run(&client, name, &json!({})).await.err(), None, "{name}");
    }
}

#[tokio::test]
async fn pods_may_be_set_up_in_full() {
    let Some(client) = client("pods_may_be_set_up_in_full").await else { return };
    let term = json!({"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"app": "db"}}});
    let pod = json!({
        "image": "registry.example/media/server@sha256:0123456789abcdef",
        "imagePullPolicy": "Never",
        "imagePullSecrets": [{"name": "mirror"}],
        "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
        "tolerations": [{"key": "media", "operator": "Exists", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "priorityClassName": "canaries",
        "podLabels": {"team": "media", "example.com/tier": ""},
        "podAnnotations": {"example.com/note": "any text, of whatever form"}
    });
    let mut with_faults = pod.clone();
    with_faults["faults"] =
        json!(["offset=5px", "offset=0.5px@7", "drop=2%", "drop=100%", "delay=300ms", "freeze=1.5s@1"]);
    let spec = json!({"server": pod, "client": with_faults});
    let stored = dry_run(&client, "demo", &spec).await.unwrap();
    assert_eq!((&stored["server"], &stored["client"]), (&spec["server"], &spec["client"]));
}
