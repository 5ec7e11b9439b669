//! What an installation gives the operator: its ServiceAccount, its roles, and the policies on what it does with them.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, Config};
use serde_json::{Value, json};

/// The manifests, as users apply them.
const MANIFESTS: &str = include_str!("../../../deploy/dist/install.yaml");

/// What takes the place of the binding in all namespaces where the operator is for one.
const ONE_NAMESPACE: &str =
    include_str!("../../../deploy/overlays/single-namespace/sessions-role-binding.yaml");

/// The namespace and the account that they name.
const NAMESPACE: &str = "ballsession-system";
const ACCOUNT: &str = "ballsession-operator";

/// The kinds that say what the operator may do, and what it needs to do it.
const KINDS: [&str; 9] = [
    "Namespace",
    "ServiceAccount",
    "Secret",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// An installation without the operator's pods, in place of which a test acts.
pub struct Installation {
    client: Client,
    /// The operator's namespace.
    pub namespace: String,
    /// What comes before the names of what belongs to no namespace, so that several can be beside each other.
    prefix: String,
    objects: Vec<Value>,
}

impl Installation {
    /// The one of the manifests, for all tests. It stays, as the resource does.
    pub async fn shared(client: &Client) -> Self {
        Self::install(client, NAMESPACE, "", objects(NAMESPACE, "")).await
    }

    /// One of its own in a namespace that is there.
    pub async fn in_namespace(client: &Client, namespace: &str) -> Self {
        let prefix = format!("{namespace}-");
        Self::install(client, namespace, &prefix, objects(namespace, &prefix)).await
    }

    /// The same, for the sessions of that namespace alone.
    pub async fn for_namespace(client: &Client, namespace: &str) -> Self {
        let prefix = format!("{namespace}-");
        let mut objects = objects(namespace, &prefix);
        let everywhere = format!("{prefix}{ACCOUNT}");
        objects.retain(|object| {
            object["kind"] != "ClusterRoleBinding" || object["metadata"]["name"] != everywhere.as_str()
        });
        let mut binding: Value =
            serde_saphyr::from_str(&ONE_NAMESPACE.replace(NAMESPACE, namespace)).unwrap();
        binding["metadata"]["namespace"] = Value::from(namespace);
        binding["roleRef"]["name"] = Value::from(everywhere);
        objects.push(binding);
        Self::install(client, namespace, &prefix, objects).await
    }

    async fn install(client: &Client, namespace: &str, prefix: &str, objects: Vec<Value>) -> Self {
        let (client, namespace, prefix) = (client.clone(), namespace.to_owned(), prefix.to_owned());
        let installation = Self { client, namespace, prefix, objects };
        for object in &installation.objects {
            let parameters = PatchParams::apply("tests").force().validation_strict();
            let (api, name) = installation.place(object);
            let applied = api.patch(&name, &parameters, &Patch::Apply(object)).await;
            applied.unwrap_or_else(|error| panic!("{} {name}: {error}", object["kind"]));
        }
        installation.takes_effect().await;
        installation
    }

    /// The operator's user.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{ACCOUNT}", self.namespace)
    }

    /// What a policy of the manifests is called here.
    pub fn policy(&self, name: &str) -> String {
        format!("{}{ACCOUNT}-{name}", self.prefix)
    }

    /// The way to the API server as the operator: with its rights, and no others.
    pub async fn config(&self) -> Config {
        let mut config = Config::infer().await.unwrap();
        config.auth_info.impersonate = Some(self.user());
        let groups =
            ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{}", self.namespace)];
        config.auth_info.impersonate_groups =
            Some(groups.into_iter().chain(["system:authenticated".to_owned()]).collect());
        config
    }

    /// A client that is the operator.
    pub async fn operator(&self) -> Client {
        Client::try_from(self.config().await).unwrap()
    }

    /// Takes away what is not in its namespace.
    pub async fn delete(self) {
        for object in self.objects.iter().rev().filter(|object| object["metadata"]["namespace"].is_null()) {
            let (api, name) = self.place(object);
            api.delete(&name, &DeleteParams::background()).await.unwrap();
        }
    }

    fn place(&self, object: &Value) -> (Api<DynamicObject>, String) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let version = text(&object["apiVersion"]);
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &text(&object["kind"])));
        let api = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        (api, text(&object["metadata"]["name"]))
    }

    /// The API server learns of roles and policies by watches of its own.
    async fn takes_effect(&self) {
        let operator = self.operator().await;
        let maps: Api<ConfigMap> = Api::namespaced(operator, &self.namespace);
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        let foreign = serde_json::from_value(json!({"metadata": {"name": "foreign"}})).unwrap();
        let refused = format!("'{}'", self.policy("parts"));
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let listed = maps.list(&ListParams::default().limit(1)).await.map(|_| ());
            let created = maps.create(&dry, &foreign).await.map(|_| ());
            if listed.is_ok() && created.as_ref().is_err_and(|error| error.to_string().contains(&refused)) {
                return;
            }
            assert!(Instant::now() < deadline, "not in effect within 60 s: {listed:?}, {created:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The objects of the manifests that matter, in this namespace.
fn objects(namespace: &str, prefix: &str) -> Vec<Value> {
    let mut objects: Vec<Value> =
        serde_saphyr::from_multiple(&MANIFESTS.replace(NAMESPACE, namespace)).unwrap();
    objects.retain(|object| KINDS.iter().any(|kind| object["kind"] == **kind));
    if prefix.is_empty() {
        return objects;
    }
    // The namespace is somebody else's.
    objects.retain(|object| object["kind"] != "Namespace");
    let with_prefix = |name: &mut Value| {
        if let Some(text) = name.as_str().filter(|text| !text.starts_with("system:")) {
            *name = Value::from(format!("{prefix}{text}"));
        }
    };
    for object in &mut objects {
        if object["metadata"]["namespace"].is_null() {
            with_prefix(&mut object["metadata"]["name"]);
        }
        if object["roleRef"]["kind"] == "ClusterRole" {
            with_prefix(&mut object["roleRef"]["name"]);
        }
        if object["spec"]["policyName"].is_string() {
            with_prefix(&mut object["spec"]["policyName"]);
        }
    }
    objects
}
