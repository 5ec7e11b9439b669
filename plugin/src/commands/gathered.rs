//! An archive that is being filled: what cannot be read is a line in it, and no end of the rest.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, LogParams};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::{Cluster, Listed, within};
use crate::gather::{Archive, object, text};

/// Of each container the last lines, and no more than so many bytes.
const LOG_LINES: i64 = 20_000;
const LOG_BYTES: i64 = 4 << 20;
/// So many pods with logs.
const PODS_WITH_LOGS: usize = 120;

/// An archive, and what is not in it.
pub(super) struct Gathered {
    pub(super) archive: Archive,
    pub(super) missing: Vec<String>,
}

impl Gathered {
    pub(super) fn add(&mut self, path: &str, contents: &str) -> Result<()> {
        self.archive.add(path, contents).with_context(|| format!("cannot pack {path}"))
    }

    /// A file of objects, or a line on why there is none.
    pub(super) fn objects<K: Serialize>(&mut self, path: &str, objects: Result<Listed<K>>) -> Result<()> {
        match objects {
            Ok(objects) => {
                if let Some(why) = objects.cut {
                    self.missing.push(text(&format!("{path}: not all of them, {why}")));
                }
                let documents: Result<Vec<String>> = objects.items.iter().map(yaml).collect();
                self.add(path, &documents?.join("---\n"))
            }
            Err(error) => {
                self.missing.push(text(&format!("{path}: {error:#}")));
                Ok(())
            }
        }
    }

    /// The logs of all containers, and of the ones before that they have followed.
    pub(super) async fn logs(&mut self, folder: &str, cluster: &Cluster, pods: &[Pod]) -> Result<()> {
        for pod in pods.iter().take(PODS_WITH_LOGS) {
            let namespace = pod.namespace().unwrap_or_else(|| cluster.namespace.clone());
            let api: Api<Pod> = Api::namespaced(cluster.client.clone(), &namespace);
            for (container, has_restarted) in containers(pod) {
                self.log(folder, &api, pod, &container, false).await?;
                if has_restarted {
                    self.log(folder, &api, pod, &container, true).await?;
                }
            }
        }
        if pods.len() > PODS_WITH_LOGS {
            self.missing.push(format!("{folder}: the logs of {} pods more", pods.len() - PODS_WITH_LOGS));
        }
        Ok(())
    }

    async fn log(
        &mut self,
        folder: &str,
        api: &Api<Pod>,
        pod: &Pod,
        container: &str,
        previous: bool,
    ) -> Result<()> {
        let params = LogParams {
            container: Some(container.to_owned()),
            previous,
            tail_lines: Some(LOG_LINES),
            limit_bytes: Some(LOG_BYTES),
            timestamps: true,
            ..LogParams::default()
        };
        let end = if previous { ".previous" } else { "" };
        let path = format!("{folder}/{}/{container}{end}.log", pod.name_any());
        match within(api.logs(&pod.name_any(), &params)).await {
            Ok(log) => self.add(&path, &text(&log)),
            Err(error) => {
                self.missing.push(text(&format!("{path}: {error:#}")));
                Ok(())
            }
        }
    }
}

/// The containers of a pod, and whether another one has run before.
fn containers(pod: &Pod) -> Vec<(String, bool)> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().chain(&status.init_container_statuses).flatten());
    let restarted: Vec<&str> =
        statuses.filter(|status| status.restart_count > 0).map(|status| status.name.as_str()).collect();
    let all = spec.init_containers.iter().flatten().chain(&spec.containers);
    all.map(|container| (container.name.clone(), restarted.contains(&container.name.as_str()))).collect()
}

/// A document without anything that is secret.
pub(super) fn yaml<K: Serialize>(of: &K) -> Result<String> {
    let clean: Value = object(serde_json::to_value(of)?);
    Ok(serde_saphyr::to_string(&clean)?)
}
