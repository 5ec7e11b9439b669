//! What makes no sense is refused when it is applied, in words that name the place.

use anyhow::{Result, ensure};
use ballsession_e2e::{Stage, scenario};
use serde_json::{Value, json};

#[tokio::test]
async fn bad_resources_are_refused_in_words() {
    scenario("refusals", async |stage| {
        let long = "n".repeat(60);
        for (name, spec, word) in [
            ("demo", json!({"video": {"width": 7}}), "spec.video.width"),
            ("demo", json!({"video": {"width": 641}}), "spec.video.width"),
            ("demo", json!({"clients": -1}), "spec.clients"),
            ("demo", json!({"clients": 1.5}), "spec.clients"),
            ("demo", json!({"clients": 1000}), "spec.clients"),
            ("demo", json!({"duration": "soon"}), "spec.duration"),
            ("demo", json!({"duration": "2 weeks"}), "spec.duration"),
            ("demo", json!({"placement": "Elsewhere"}), "spec.placement"),
            ("demo", json!({"objectives": {"lossPercent": "abc"}}), "spec.objectives.lossPercent"),
            (
                "demo",
                json!({"ball": {"radiusPixels": 200}, "video": {"height": 240}}),
                "too large for the picture",
            ),
            (&long, json!({}), "40 characters"),
            ("a.b", json!({}), "name"),
            ("1demo", json!({}), "name"),
        ] {
            let refusal = refusal(stage, name, &spec).await?;
            ensure!(refusal.contains(word), "{name} {spec}: {word:?} is not in the refusal: {refusal}");
        }
        Ok(())
    })
    .await;
}

async fn refusal(stage: &Stage, name: &str, spec: &Value) -> Result<String> {
    match stage.session(name, spec).await {
        Ok(_) => anyhow::bail!("{name} was accepted: {spec}"),
        Err(error) => Ok(format!("{error:#}")),
    }
}
