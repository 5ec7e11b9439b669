//! ServiceAccounts, and what they may do. What belongs to no namespace is named after the test's own, and goes with it.

use std::path::Path;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use serde_json::{Value, json};

/// The label of what is removed in the end.
const LABEL: &str = "ballsession.dev/test";

/// The accounts of a test, in its namespace.
pub(crate) struct Accounts {
    client: Client,
    namespace: String,
}

impl Accounts {
    pub(crate) fn new(client: &Client, namespace: &str) -> Self {
        Self { client: client.clone(), namespace: namespace.to_owned() }
    }

    /// A token of a new account.
    pub(crate) async fn create(&self, name: &str) -> String {
        let account = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        let accounts = Api::<ServiceAccount>::namespaced(self.client.clone(), &self.namespace);
        accounts.create(&PostParams::default(), &account).await.unwrap();
        self.token(name, None).await
    }

    pub(crate) async fn token(&self, name: &str, audience: Option<&str>) -> String {
        cluster::account_token(&self.client, &self.namespace, name, audience).await
    }

    /// Gives an account a right to sessions in a namespace.
    pub(crate) async fn grant_in(&self, namespace: &str, account: &str, verb: &str) {
        let name = format!("{}-{account}-{verb}", self.namespace);
        let role = json!({"metadata": {"name": name}, "rules": [
            {"apiGroups": ["ballsession.dev"], "resources": ["ballsessions"], "verbs": [verb]}
        ]});
        let roles = Api::<Role>::namespaced(self.client.clone(), namespace);
        roles.create(&PostParams::default(), &serde_json::from_value(role).unwrap()).await.unwrap();
        let bindings = Api::<RoleBinding>::namespaced(self.client.clone(), namespace);
        let binding = self.binding(&name, "Role", account);
        bindings.create(&PostParams::default(), &serde_json::from_value(binding).unwrap()).await.unwrap();
    }

    /// Gives an account rights everywhere: those of a role of a file of deploy/.
    pub(crate) async fn grant_role_of(&self, file: &str, account: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
        let objects: Vec<Value> =
            serde_saphyr::from_multiple(&std::fs::read_to_string(path).unwrap()).unwrap();
        let role = objects.iter().find(|object| object["kind"] == "ClusterRole").unwrap();
        self.grant_everywhere(account, &role["rules"]).await;
    }

    /// Gives an account rights everywhere.
    pub(crate) async fn grant_everywhere(&self, account: &str, rules: &Value) {
        let roles = Api::<ClusterRole>::all(self.client.clone());
        let metadata =
            json!({"generateName": format!("{}-", self.namespace), "labels": {LABEL: self.namespace}});
        let role = json!({"metadata": metadata, "rules": rules});
        let role =
            roles.create(&PostParams::default(), &serde_json::from_value(role).unwrap()).await.unwrap();
        let mut binding = self.binding(&role.metadata.name.unwrap(), "ClusterRole", account);
        binding["metadata"]["labels"] = json!({LABEL: self.namespace});
        let bindings = Api::<ClusterRoleBinding>::all(self.client.clone());
        bindings.create(&PostParams::default(), &serde_json::from_value(binding).unwrap()).await.unwrap();
    }

    /// Takes away what does not go with the namespace.
    pub(crate) async fn delete(self) {
        let ours = ListParams::default().labels(&format!("{LABEL}={}", self.namespace));
        let delete = DeleteParams::default();
        let bindings = Api::<ClusterRoleBinding>::all(self.client.clone());
        bindings.delete_collection(&delete, &ours).await.unwrap();
        Api::<ClusterRole>::all(self.client).delete_collection(&delete, &ours).await.unwrap();
    }

    fn binding(&self, role: &str, kind: &str, account: &str) -> Value {
        json!({
            "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": self.namespace}]
        })
    }
}
