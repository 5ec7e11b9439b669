//! One case, from empty namespaces to none, and a cluster that is healed whatever happened.

use std::time::Duration;

use anyhow::Context;
use ballsession_e2e::{Stage, diagnose};
use kube::Client;
use tokio::time::timeout;

use crate::act::act;
use crate::case::{Case, Subject};
use crate::ground::Ground;
use crate::remedy::Remedies;
use crate::row::Row;
use crate::scene::Scene;

/// No case takes longer.
const LIMIT: Duration = Duration::from_secs(480);

/// Plays a case: a row for each of its sessions. `number` makes the names of its namespaces.
pub(crate) async fn play(client: &Client, ground: &Ground, case: &Case, number: usize) -> Vec<Row> {
    let mut scenes = Vec::new();
    let (mut remedies, mut namespaces) = (Remedies::default(), Remedies::default());
    let played = async {
        for index in 0..case.subjects.len() {
            let stage = Stage::create(client.clone(), &format!("fault-{number}-{index}")).await?;
            namespaces.add_words(&["kubectl", "delete", "namespace", &stage.namespace, "--wait=false"]);
            scenes.push(Scene::new(stage, ground));
        }
        act(client, ground, case, &mut scenes, &mut remedies).await
    };
    let played = timeout(LIMIT, played).await.context("it takes too long").and_then(|rows| rows);
    let unhealed = remedies.heal().await;
    let mut rows = played.unwrap_or_else(|error| {
        let failed = |subject: &Subject| {
            Row::failed(case.row_name(subject), &subject.expected, format!("not measured: {error:#}"))
        };
        case.subjects.iter().map(failed).collect()
    });
    for (row, scene) in rows.iter_mut().zip(&scenes) {
        row.outcome.problems.extend(unhealed.iter().cloned());
        if !row.is_good() {
            diagnose(&format!("fault-{number}"), &scene.stage.namespaces()).await;
        }
    }
    for problem in namespaces.heal().await {
        eprintln!("{problem}");
    }
    rows
}
