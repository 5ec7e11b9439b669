//! Pods that are limited, evicted, deleted or left without an owner.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{Part, eventually, is_ready, uid};
use serde_json::json;
use tokio::time::Instant;

use crate::remedy::Remedies;
use crate::scene::{SESSION, Scene, pod_name};

/// How long the replacement of an evicted pod may take, and how long it is waited for to know how late it is.
const HEALED: Duration = Duration::from_secs(30);
const WAITED: Duration = Duration::from_secs(60);

/// Limits the processor time of the first pod of a part, without starting it anew.
pub(super) async fn limit(
    scenes: &[Scene],
    part: Part,
    millicores: u32,
    remedies: &mut Remedies,
) -> Result<()> {
    for scene in scenes {
        let pod = match part {
            Part::Server => scene.server().await?,
            Part::Client => scene.clients().await?.into_iter().next().context("there is no client")?,
        };
        let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
        let container = container.context("the pod has no container")?.name.clone();
        let patch = |request: &str, limit: &str| {
            let resources = json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
            json!({"spec": {"containers": [{"name": container, "resources": resources}]}}).to_string()
        };
        let namespace = ["--namespace", &scene.stage.namespace];
        let resize = ["patch", "pod", pod_name(&pod), "--subresource=resize", "--patch"];
        // A limit that is there cannot be taken away, only be so high that it is none.
        let free = patch("50m", "8");
        remedies.add_words(&[&["kubectl"], &namespace[..], &resize[..], &[&free]].concat());
        let few = format!("{millicores}m");
        scene.stage.kubectl(&[&resize[..], &[&patch(&few, &few)]].concat()).await?;
    }
    Ok(())
}

/// Evicts the client's pod, and again each time its successor is ready: the seconds that each took.
pub(super) async fn evict(scenes: &[Scene], times: u32) -> Result<String> {
    let mut words = Vec::new();
    for scene in scenes {
        for _ in 0..times {
            let pod = scene.clients().await?.into_iter().next().context("there is no client")?;
            let evicted = Instant::now();
            scene.session.evict(&pod).await?;
            let back = eventually(WAITED, "a client in place of the evicted one", async || {
                let pods = scene.session.pods(Part::Client).await?;
                let other = pods.iter().any(|other| is_ready(other) && uid(other) != uid(&pod));
                ensure!(other, "{} pods, none of them new and ready", pods.len());
                Ok(())
            });
            back.await.with_context(|| format!("healed after {} s so far", words.join(", ")))?;
            words.push(format!("{:.1}", evicted.elapsed().as_secs_f64()));
            ensure!(
                evicted.elapsed() <= HEALED,
                "healed after {} s, later than {HEALED:?}",
                words.join(", ")
            );
        }
    }
    Ok(format!("each healed after {} s", words.join(", ")))
}

/// Deletes a client's pod, as somebody with kubectl does.
pub(super) async fn delete(scenes: &[Scene]) -> Result<()> {
    for scene in scenes {
        let pod = scene.clients().await?.into_iter().next().context("there is no client")?;
        scene.stage.kubectl(&["delete", "pod", pod_name(&pod), "--wait=false"]).await?;
    }
    Ok(())
}

/// Takes its owner from a client's pod.
pub(super) async fn orphan_client(scenes: &[Scene]) -> Result<()> {
    let patch = json!([{"op": "remove", "path": "/metadata/ownerReferences"}]).to_string();
    for scene in scenes {
        let pod = scene.clients().await?.into_iter().next().context("there is no client")?;
        scene.stage.kubectl(&["patch", "pod", pod_name(&pod), "--type=json", "--patch", &patch]).await?;
    }
    Ok(())
}

/// Deletes the session and leaves its children.
pub(super) async fn orphan_session(scenes: &[Scene]) -> Result<()> {
    for scene in scenes {
        scene.stage.kubectl(&["delete", "ballsession", SESSION, "--cascade=orphan", "--wait=false"]).await?;
    }
    Ok(())
}
