//! The sessions of a case in the cluster, and the names that are known only there.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{Part, Session, Stage, is_ready, node};
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use crate::fault::Place;
use crate::ground::Ground;

/// The name of every session: each has a namespace of its own.
pub(crate) const SESSION: &str = "probe";

/// A session of a case, with its namespace.
pub(crate) struct Scene {
    /// Its namespace.
    pub(crate) stage: Stage,
    /// The session, which need not exist yet.
    pub(crate) session: Session,
    names: Vec<(&'static str, String)>,
}

impl Scene {
    /// One without pods.
    pub(crate) fn new(stage: Stage, ground: &Ground) -> Self {
        let session = stage.existing(SESSION);
        let names = vec![
            ("{home}", ground.node(Place::Home).to_owned()),
            ("{away}", ground.node(Place::Away).to_owned()),
            ("{namespace}", stage.namespace.clone()),
            ("{session}", SESSION.to_owned()),
            ("{server}", format!("{SESSION}-server")),
            ("{client}", format!("{SESSION}-client-")),
            ("{client-0}", format!("{SESSION}-client-0")),
            ("{client-1}", format!("{SESSION}-client-1")),
        ];
        Self { stage, session, names }
    }

    /// Learns the names that depend on where pods run: once they run.
    pub(crate) async fn learn_nodes(&mut self) -> Result<()> {
        let server = self.server().await?;
        let clients = self.clients().await?;
        let first = clients.first().context("there is no client")?;
        self.names.push(("{client-node}", node(first).to_owned()));
        self.names.push(("{server-node}", node(&server).to_owned()));
        for (index, client) in clients.iter().enumerate() {
            let is_near = node(client) == node(&server);
            self.names.push((
                if is_near { "{near-client}" } else { "{far-client}" },
                format!("{SESSION}-client-{index}"),
            ));
        }
        Ok(())
    }

    /// A text with names in place of words in braces.
    pub(crate) fn with_names(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (word, name)| text.replace(word, name))
    }

    /// The same for an object.
    pub(crate) fn object_with_names(&self, object: &Value) -> Result<Value> {
        Ok(serde_json::from_str(&self.with_names(&object.to_string()))?)
    }

    /// The server's pod.
    pub(crate) async fn server(&self) -> Result<Pod> {
        let pods = self.session.pods(Part::Server).await?;
        pods.into_iter().find(is_ready).context("the server has no pod that is ready")
    }

    /// The clients' pods that are ready, by their names, and so by their indexes.
    pub(crate) async fn clients(&self) -> Result<Vec<Pod>> {
        let mut pods = self.session.pods(Part::Client).await?;
        pods.retain(is_ready);
        pods.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        ensure!(pods.len() <= 10, "the names of more than ten clients are not in the order of their indexes");
        Ok(pods)
    }
}

/// A pod's name.
pub(crate) fn pod_name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}
