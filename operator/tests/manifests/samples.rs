//! Every sample is what it says it is, and the API server takes it.

use crds::{BallSession, BallSessionSpec, IpFamily, MediaPath};
use kube::CustomResourceExt;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::Value;

use crate::files;

const SAMPLES: [&str; 11] = [
    "session",
    "bounded-run",
    "release-gate",
    "each-node",
    "drill",
    "all-fields",
    "cluster-ip",
    "node-port",
    "load-balancer",
    "relay",
    "both-families",
];

fn samples(name: &str) -> Vec<Value> {
    files::objects(&files::text(&format!("deploy/samples/{name}.yaml")))
}

/// Of a file with one object.
fn sample(name: &str) -> Value {
    let mut objects = samples(name);
    assert_eq!(objects.len(), 1, "{name}");
    objects.remove(0)
}

#[test]
fn all_samples_are_tested() {
    let stored = std::fs::read_dir(files::path("deploy/samples")).unwrap();
    let mut stored: Vec<_> = stored.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    stored.sort();
    let mut expected = SAMPLES.map(|name| format!("{name}.yaml"));
    expected.sort();
    assert_eq!(stored, expected);
}

#[test]
fn the_first_sample_is_a_demo_with_two_clients() {
    let demo: BallSession = serde_json::from_value(sample("session")).unwrap();
    assert_eq!(demo.metadata.name.as_deref(), Some("demo"));
    assert_eq!(demo.spec, BallSessionSpec { clients: 2, ..BallSessionSpec::default() });
}

#[test]
fn the_sample_of_all_fields_has_all() {
    /// Those of Kubernetes' own types are explained elsewhere.
    const FOREIGN: [&str; 5] =
        ["affinity", "resources", "seLinuxOptions", "tolerations", "topologySpreadConstraints"];
    fn compare(path: &str, schema: &Value, value: &Value) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            assert!(value.get(name).is_some(), "{path}.{name} is not there");
            if !FOREIGN.contains(&name.as_str()) {
                compare(&format!("{path}.{name}"), field, &value[name]);
            }
        }
    }
    let crd = serde_json::to_value(BallSession::crd()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    compare("spec", schema, &sample("all-fields")["spec"]);
}

#[test]
fn each_path_has_a_sample_and_so_have_both_families_together() {
    let spec = |sample: Value| -> BallSessionSpec { serde_json::from_value(sample["spec"].clone()).unwrap() };
    for (name, path) in [
        ("cluster-ip", MediaPath::ClusterIp),
        ("node-port", MediaPath::NodePort),
        ("load-balancer", MediaPath::LoadBalancer),
        ("relay", MediaPath::Relay),
    ] {
        assert_eq!(spec(sample(name)).path, path, "{name}");
    }
    let [mut over_ipv4, mut over_ipv6]: [BallSessionSpec; 2] =
        samples("both-families").into_iter().map(spec).collect::<Vec<_>>().try_into().unwrap();
    let families = (over_ipv4.ip_family.take(), over_ipv6.ip_family.take());
    assert_eq!(families, (Some(IpFamily::Ipv4), Some(IpFamily::Ipv6)));
    assert_eq!(over_ipv4, over_ipv6, "what else differs is compared, too");
}

#[test]
fn bounded_samples_are_bounded() {
    for name in ["bounded-run", "release-gate", "drill"] {
        assert!(sample(name)["spec"]["duration"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn the_api_server_takes_every_sample() {
    let Some(client) = cluster::client("the_api_server_takes_every_sample").await else { return };
    let sessions: Api<DynamicObject> = Api::default_namespaced_with(client, &BallSession::api_resource());
    for (name, sample) in
        SAMPLES.into_iter().flat_map(|name| samples(name).into_iter().map(move |sample| (name, sample)))
    {
        // Unknown fields are refused, as `kubectl apply` does.
        let dry = PatchParams::apply("tests").dry_run().validation_strict();
        let stored = sessions
            .patch(sample["metadata"]["name"].as_str().unwrap(), &dry, &Patch::Apply(&sample))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let _: BallSessionSpec = serde_json::from_value(stored.data["spec"].clone()).unwrap();
    }
}
