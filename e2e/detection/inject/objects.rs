//! Objects that keep something from happening, and changes of a spec.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{PATIENCE, eventually, kubectl, run};
use serde_json::Value;

use crate::remedy::Remedies;
use crate::scene::{SESSION, Scene};

/// Creates the objects for each scene, from their templates.
pub(super) async fn create(scenes: &[Scene], templates: &[Value], remedies: &mut Remedies) -> Result<()> {
    for (scene, template) in
        scenes.iter().flat_map(|scene| templates.iter().map(move |template| (scene, template)))
    {
        let object = scene.object_with_names(template)?;
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let kind = text("/kind").context("the object has no kind")?.to_lowercase();
        let name = text("/metadata/name").context("the object has no name")?;
        let namespace = ["--namespace", text("/metadata/namespace").unwrap_or(&scene.stage.namespace)];
        let delete = ["delete", &kind, name, "--ignore-not-found", "--wait=false"];
        remedies.add_words(&[&["kubectl"], &namespace[..], &delete[..]].concat());
        let file = tempfile::NamedTempFile::new()?;
        serde_json::to_writer(&file, &object)?;
        let path = file.path().to_str().context("the file's name is no text")?;
        run("kubectl", &["apply", "-f", path], PATIENCE).await?;
        if kind == "resourcequota" {
            eventually(PATIENCE, "the quota holds", async || {
                let get = ["get", &kind, name, "-o", "jsonpath={.status.hard}"];
                let hard = kubectl(&[&namespace[..], &get[..]].concat()).await?;
                ensure!(!hard.is_empty(), "its controller has not seen it");
                Ok(())
            })
            .await?;
        }
    }
    Ok(())
}

/// Notes the change of the spec that ends what the session itself asks for.
pub(super) fn mend_later(scenes: &[Scene], mended: &Value, remedies: &mut Remedies) {
    for scene in scenes {
        let patch = serde_json::json!({"spec": mended}).to_string();
        let session = format!("ballsession/{SESSION}");
        let namespace = &scene.stage.namespace;
        remedies.add_words(&[
            "kubectl",
            "--namespace",
            namespace,
            "patch",
            &session,
            "--type=merge",
            "--patch",
            &patch,
        ]);
    }
}
