//! Processes of a session's pods, which are signalled on their nodes: there is no shell in the pods.

use std::time::Duration;

use anyhow::{Result, ensure};
use ballsession_e2e::{PATIENCE, Part, node, on_node, run, uid};
use k8s_openapi::api::core::v1::Pod;
use tokio::time::sleep;

use crate::inject::nodes::call;
use crate::remedy::Remedies;
use crate::scene::{Scene, pod_name};

/// Kills the processes of a part, so many times with so many seconds between.
pub(super) async fn kill(scenes: &[Scene], part: Part, times: u32, every: u64) -> Result<()> {
    for time in 0..times {
        if time > 0 {
            sleep(Duration::from_secs(every)).await;
        }
        for pod in pods(scenes, part).await? {
            // The kubelet may be about to start it again: what is not there need not be killed.
            let killed = signal(&pod, "KILL").await?;
            ensure!(killed > 0 || time > 0, "no process of {} was found", pod_name(&pod));
        }
    }
    Ok(())
}

/// Stops the processes of a part.
pub(super) async fn stop(scenes: &[Scene], part: Part, remedies: &mut Remedies) -> Result<()> {
    for pod in pods(scenes, part).await? {
        remedies.add(command(&pod, "CONT")?);
        ensure!(signal(&pod, "STOP").await? > 0, "no process of {} was found", pod_name(&pod));
    }
    Ok(())
}

/// Signals the processes of a name on a node.
pub(super) async fn signal_named(node: &str, name: &str, signal: &str) -> Result<()> {
    call(&named(node, name, signal)?).await
}

/// The command that does.
pub(super) fn named(node: &str, name: &str, signal: &str) -> Result<Vec<String>> {
    on_node(node, &["pkill", &format!("-{signal}"), "-x", name])
}

async fn pods(scenes: &[Scene], part: Part) -> Result<Vec<Pod>> {
    let mut pods = Vec::new();
    for scene in scenes {
        let all = scene.session.pods(part).await?;
        pods.extend(
            all.into_iter().filter(|pod| !node(pod).is_empty() && pod.metadata.deletion_timestamp.is_none()),
        );
    }
    Ok(pods)
}

/// Signals our process in a pod; how many there were.
async fn signal(pod: &Pod, signal: &str) -> Result<usize> {
    let command = command(pod, signal)?;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let [program, arguments @ ..] = &words[..] else { anyhow::bail!("no program") };
    Ok(run(program, arguments, PATIENCE).await?.lines().count())
}

/// The command that signals our process in a pod and prints its number. A pod's processes are in control groups whose
/// names have its UID.
fn command(pod: &Pod, signal: &str) -> Result<Vec<String>> {
    let group = uid(pod).replace('-', "[-_]");
    let script = format!(
        "for file in $(grep -lsE '{group}' /proc/[0-9]*/cgroup); do \
           process=${{file%/cgroup}}; \
           case $(cat $process/comm 2> /dev/null) in ballsession-*) kill -{signal} ${{process#/proc/}} && echo $process;; esac; \
         done; true"
    );
    on_node(node(pod), &["sh", "-c", &script])
}
