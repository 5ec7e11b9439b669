//! What a cluster knows of a scenario that failed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::OPERATOR_NAMESPACE;
use crate::command::kubectl;

/// Lines of a file that are printed; the file has all.
const PRINTED_LINES: usize = 60;

/// Writes files about the namespaces of a scenario, and prints the ends of those that tell most. What cannot be found
/// out is left out: the scenario's own failure must not be hidden by another.
pub async fn diagnose(scenario: &str, namespaces: &[String]) {
    for namespace in namespaces {
        let folder = folder().join(scenario).join(namespace);
        println!("what the cluster knows of {namespace} is kept in {}", folder.display());
        let of = |arguments: &[&str]| -> Vec<String> {
            ["--namespace", namespace].iter().chain(arguments).map(|&word| word.to_owned()).collect()
        };
        keep(&folder, "sessions.yaml", of(&["get", "ballsessions", "-o", "yaml"])).await;
        keep(&folder, "events.txt", of(&["get", "events", "--sort-by=.lastTimestamp"])).await;
        keep(&folder, "objects.txt", of(&["get", "all,serviceaccounts,networkpolicies", "-o", "wide"])).await;
        save(&folder, "pods.yaml", &of(&["get", "pods", "-o", "yaml"])).await;
        save(&folder, "children.yaml", &of(&["get", "deployments", "-o", "yaml"])).await;
        for pod in names(&of(&["get", "pods", "-o", "name"])).await {
            let file = format!("{}.log", pod.replace('/', "-"));
            keep(&folder, &file, of(&["logs", &pod])).await;
            save(&folder, &format!("previous-{file}"), &of(&["logs", "--previous", &pod])).await;
        }
        let selector = "--selector=app.kubernetes.io/name=ballsession-operator";
        let operator =
            ["--namespace", OPERATOR_NAMESPACE, "logs", selector, "--prefix", "--tail=-1", "--since=10m"];
        save(&folder, "operator.log", &operator.map(str::to_owned)).await;
    }
}

/// Where scenarios leave their files.
fn folder() -> PathBuf {
    let chosen = std::env::var_os("BALLSESSION_E2E_ARTEFACTS").map(PathBuf::from);
    chosen.unwrap_or_else(|| std::env::temp_dir().join("ballsession-e2e"))
}

/// Saves what kubectl says, and prints its end.
async fn keep(folder: &Path, file: &str, arguments: Vec<String>) {
    if let Some(text) = save(folder, file, &arguments).await {
        let lines: Vec<_> = text.lines().collect();
        println!("--- {file}");
        for line in &lines[lines.len().saturating_sub(PRINTED_LINES)..] {
            println!("{line}");
        }
    }
}

/// Saves what kubectl says.
async fn save(folder: &Path, file: &str, arguments: &[String]) -> Option<String> {
    let text = said(arguments).await?;
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(file), &text));
    if let Err(error) = written {
        println!("cannot write {}: {error}", folder.join(file).display());
    }
    Some(text)
}

async fn names(arguments: &[String]) -> Vec<String> {
    said(arguments).await.unwrap_or_default().lines().map(str::to_owned).collect()
}

async fn said(arguments: &[String]) -> Option<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    kubectl(&arguments).await.ok()
}
