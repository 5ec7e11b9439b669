//! Where a scenario plays.

use std::cell::RefCell;

use anyhow::{Context, Result};
use crds::BallSession;
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, PostParams};
use kube::core::CustomResourceExt;
use serde_json::{Value, json};

use crate::Session;
use crate::command::kubectl;

/// The namespaces of a scenario: pods in them have to satisfy the Pod Security level `restricted`.
pub struct Stage {
    /// Talks to the cluster.
    pub client: Client,
    /// The namespace that it starts with.
    pub namespace: String,
    others: RefCell<Vec<String>>,
}

impl Stage {
    /// A new one. `scenario` and the process make the names of its namespaces.
    ///
    /// # Errors
    /// Where its namespace cannot be created.
    pub async fn create(client: Client, scenario: &str) -> Result<Self> {
        let namespace = format!("ballsession-e2e-{}-{scenario}", std::process::id());
        create_namespace(&client, &namespace).await?;
        Ok(Self { client, namespace, others: RefCell::default() })
    }

    /// Another namespace.
    ///
    /// # Errors
    /// Where it cannot be created.
    pub async fn another_namespace(&self) -> Result<String> {
        let namespace = format!("{}-{}", self.namespace, self.others.borrow().len() + 2);
        create_namespace(&self.client, &namespace).await?;
        self.others.borrow_mut().push(namespace.clone());
        Ok(namespace)
    }

    /// All its namespaces.
    pub fn namespaces(&self) -> Vec<String> {
        let mut all = vec![self.namespace.clone()];
        all.extend(self.others.borrow().iter().cloned());
        all
    }

    /// Creates a session.
    ///
    /// # Errors
    /// Where the cluster refuses it.
    pub async fn session(&self, name: &str, spec: &Value) -> Result<Session> {
        self.session_in(&self.namespace, name, spec).await
    }

    /// Creates a session in one of its namespaces.
    ///
    /// # Errors
    /// Where the cluster refuses it.
    pub async fn session_in(&self, namespace: &str, name: &str, spec: &Value) -> Result<Session> {
        // As a user writes it: with the typed spec all defaults would be given.
        let resource = BallSession::api_resource();
        let sessions: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, &resource);
        let object = serde_json::from_value(json!({
            "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}, "spec": spec
        }))?;
        sessions.create(&PostParams::default(), &object).await.with_context(|| format!("session {name}"))?;
        Ok(Session::new(self.client.clone(), namespace, name))
    }

    /// A session that exists, or will.
    pub fn existing(&self, name: &str) -> Session {
        Session::new(self.client.clone(), &self.namespace, name)
    }

    /// Runs kubectl in its first namespace, and returns what it wrote to stdout.
    ///
    /// # Errors
    /// Where it fails, with what it wrote to stderr.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        kubectl(&[&["--namespace", &self.namespace], arguments].concat()).await
    }

    /// Asks for the end of its namespaces.
    pub(crate) async fn delete(&self) -> Result<()> {
        let all: Api<Namespace> = Api::all(self.client.clone());
        for namespace in self.namespaces() {
            all.delete(&namespace, &DeleteParams::default()).await?;
        }
        Ok(())
    }
}

async fn create_namespace(client: &Client, name: &str) -> Result<()> {
    let namespace = serde_json::from_value(json!({
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    }))?;
    let all: Api<Namespace> = Api::all(client.clone());
    all.create(&PostParams::default(), &namespace).await.with_context(|| format!("namespace {name}"))?;
    Ok(())
}
