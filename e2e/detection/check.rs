//! What is looked at in the end, besides conditions.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{Part, Snapshot, eventually, is_ready};
use tokio::time::Instant;

use crate::expected::Check;
use crate::scene::Scene;

/// No check waits longer.
const WITHIN: Duration = Duration::from_secs(90);

/// Checks, and returns what there is to say of it. `before` is the session as it was when the fault began.
pub(crate) async fn check(check: Check, scene: &Scene, before: Option<&Snapshot>) -> Result<String> {
    let began = Instant::now();
    match check {
        Check::OnePodPerClient => {
            let wanted = usize::try_from(scene.session.snapshot().await?.spec().clients)?;
            eventually(WITHIN, "one pod for each client", async || {
                let pods = scene.session.pods(Part::Client).await?;
                let owned = |pod: &&k8s_openapi::api::core::v1::Pod| pod.metadata.owner_references.is_some();
                let good = pods.iter().filter(|pod| is_ready(pod)).filter(owned).count();
                // What has ended is kept for its log, and is no client any more.
                let over = pods.iter().filter(|pod| is_over(pod)).count();
                ensure!(
                    good == wanted && good + over == pods.len(),
                    "{good} of {wanted}, {} pods",
                    pods.len()
                );
                Ok(())
            })
            .await?;
            Ok(String::new())
        }
        Check::NumbersGoOn => {
            let before = before.context("it was not seen before the fault")?;
            let sent = |snapshot: &Snapshot| Ok(snapshot.measurements()?.frames.context("no frames")?.sent);
            let first: Result<i64> = sent(&scene.session.snapshot().await?);
            let first = first?;
            eventually(WITHIN, "other numbers", async || {
                let now = scene.session.snapshot().await?;
                now.goes_on_from(before)?;
                let sent: Result<i64> = sent(&now);
                ensure!(sent? != first, "the numbers stand still");
                Ok(())
            })
            .await?;
            Ok(format!("numbers went on {:.1} s after the end", began.elapsed().as_secs_f64()))
        }
        Check::Completes => {
            let end = eventually(WITHIN, "the run is complete", async || {
                let now = scene.session.snapshot().await?;
                now.because("Complete", "True", "Finished")?;
                Ok(now)
            })
            .await?;
            let met = end.condition("ObjectivesMet")?;
            let verdict = format!("{} ({})", met.status, met.reason);
            ensure!(
                met.status == "True" || met.status == "Unknown" && met.reason == "NoReports",
                "the verdict of a good run is {verdict}: {}",
                met.message
            );
            Ok(format!(
                "complete {:.1} s after the kill, ObjectivesMet {verdict}",
                began.elapsed().as_secs_f64()
            ))
        }
        Check::NoClientPods => {
            eventually(WITHIN, "no client pod is left", async || {
                let left = scene.session.pods(Part::Client).await?.len();
                ensure!(left == 0, "{left} are there");
                Ok(())
            })
            .await?;
            Ok(format!("gone after {:.1} s", began.elapsed().as_secs_f64()))
        }
    }
}

/// Whether its containers have ended for good.
fn is_over(pod: &k8s_openapi::api::core::v1::Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Failed" | "Succeeded"))
}
