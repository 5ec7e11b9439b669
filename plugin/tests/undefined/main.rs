//! The plugin against an API server that knows no sessions. Where it knows them, because another test has made it so, all is
//! skipped, and says so: the definition is not taken away from anybody.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use std::io::Write;
use std::process::{Command, Output};

use crds::BallSession;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::Api;
use kube::{Client, CustomResourceExt};

#[tokio::test]
async fn what_is_missing_is_said() {
    const TEST: &str = "what_is_missing_is_said";
    if std::env::var_os("KUBECONFIG").is_none() {
        return skipped(TEST, "it needs an API server, and KUBECONFIG is not set");
    }
    let definitions: Api<CustomResourceDefinition> = Api::all(Client::try_default().await.unwrap());
    if definitions.get_opt(BallSession::crd_name()).await.unwrap().is_some() {
        return skipped(TEST, "the API server knows sessions already");
    }
    let Output { status, stdout, .. } = plugin(&["doctor"]);
    let stdout = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(1), "{stdout}");
    for line in [
        "ok     API server     Kubernetes 1.",
        "fail   definition     BallSession v1alpha1 is not installed: kubectl apply --server-side -f deploy/dist/install.yaml",
        "fail   operator       there is none in any namespace: ",
        "ok     quota          the namespace has none",
        "ok     policies       none is about pods of sessions",
    ] {
        assert!(stdout.lines().any(|found| found.starts_with(line)), "{line}\nis not in\n{stdout}");
    }
    for command in [&["status"][..], &["report", "harbor"], &["wait", "harbor"], &["run"]] {
        let Output { status, stderr, .. } = plugin(command);
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{command:?}: {stderr}");
        let missing = "the cluster does not know BallSession v1alpha1: `kubectl ballsession doctor` says what is missing";
        assert!(stderr.trim_end().ends_with(missing), "{command:?}: {stderr}");
    }
}

fn plugin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-ballsession")).args(arguments).output().unwrap()
}

fn skipped(test: &str, why: &str) {
    // Not eprintln: the test runner would keep it to itself.
    let _ = std::io::stderr().write_all(format!("SKIPPED {test}: {why}\n").as_bytes());
}
