//! An installation as an overlay changes it, on a real cluster: under other names, in another namespace, of other images. `make
//! e2e-renamed` has what it needs there.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{PATIENCE, Part, SAMPLES, Session, Stage, kubectl, run, scenario_alone};

/// The folder with `deploy` and `crds`.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where the operator is to be, and under which name.
const NAMESPACE: &str = "ballsession-renamed";
const OPERATOR: &str = "deployment/renamed-ballsession-operator";

const OVERLAY: &str = "
namespace: ballsession-renamed
namePrefix: renamed-
resources: [../../base]
images:
  - {name: ballsession-operator, newName: renamed.example/o, newTag: e2e}
  - {name: ballsession-server, newName: renamed.example/s, newTag: e2e}
  - {name: ballsession-client, newName: renamed.example/c, newTag: e2e}
";

/// O17: sessions reported to a Service that had another name, and ran images that no overlay could name.
#[tokio::test]
async fn the_sample_works_under_other_names() {
    scenario_alone("renamed", async |stage| {
        let folder = tempfile::tempdir()?;
        let manifests = folder.path().join("install.yaml");
        let manifests = manifests.to_str().context("a path that is no text")?;
        std::fs::write(manifests, render(folder.path()).await?)?;
        let outcome = sample_works(stage, manifests).await;
        // All that another installation would meet goes, whatever came of it.
        let removed = kubectl(&["delete", "--ignore-not-found", "--timeout=110s", "-f", manifests]).await;
        outcome?;
        removed.context("the installation cannot be removed")?;
        Ok(())
    })
    .await;
}

/// What kustomize makes of the overlay. In a copy, because it takes no absolute paths.
async fn render(folder: &Path) -> Result<String> {
    let folder = folder.to_str().context("a path that is no text")?;
    let (deploy, crds) = (format!("{ROOT}/deploy"), format!("{ROOT}/crds"));
    run("cp", &["-r", &deploy, &crds, folder], PATIENCE).await?;
    let overlay = format!("{folder}/deploy/overlays/renamed");
    std::fs::create_dir(&overlay)?;
    std::fs::write(format!("{overlay}/kustomization.yaml"), OVERLAY)?;
    kubectl(&["kustomize", &overlay]).await
}

async fn sample_works(stage: &Stage, manifests: &str) -> Result<()> {
    kubectl(&["apply", "--server-side", "-f", manifests]).await?;
    kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd/ballsessions.ballsession.dev"])
        .await?;
    kubectl(&["-n", NAMESPACE, "rollout", "status", OPERATOR, "--timeout=110s"]).await?;
    stage.kubectl(&["apply", "-f", &format!("{SAMPLES}/session.yaml")]).await?;
    let session = stage.existing("demo");
    // With numbers, that is: reports arrive.
    session.works_with(2).await?;
    for (part, image) in [(Part::Server, "renamed.example/s:e2e"), (Part::Client, "renamed.example/c:e2e")] {
        let images = images(&session, part).await?;
        ensure!(images.iter().all(|found| found == image), "{part:?} runs {images:?}");
    }
    Ok(())
}

async fn images(session: &Session, part: Part) -> Result<Vec<String>> {
    let containers =
        session.pods(part).await?.into_iter().filter_map(|pod| pod.spec).flat_map(|spec| spec.containers);
    Ok(containers.filter_map(|container| container.image).collect())
}
