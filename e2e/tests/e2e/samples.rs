//! What a new user does first.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    PATIENCE, Part, SAMPLES, eventually, first_row, kubectl, quick, scenario, scenario_alone, with,
};
use serde_json::json;

/// The number in front of a unit.
fn number(cell: &str, unit: &str) -> Result<f64> {
    let number = cell.strip_suffix(unit).with_context(|| format!("{cell:?} has not the unit {unit}"))?;
    number.parse().with_context(|| format!("{cell:?} has no number"))
}

// Alone, because its numbers are those that we promise.
#[tokio::test]
async fn the_sample_works_and_kubectl_shows_its_numbers() {
    scenario_alone("sample", async |stage| {
        stage.kubectl(&["apply", "-f", &format!("{SAMPLES}/session.yaml")]).await?;
        let session = stage.existing("demo");
        session.works_with(2).await?;

        // The columns of the conditions and REASON come from two writers, one after the other.
        eventually(PATIENCE, "the row has no reason", async || {
            let row = first_row(&stage.kubectl(&["get", "ballsessions"]).await?);
            ensure!(row.get("REASON").is_some_and(String::is_empty), "{row:?}");
            Ok(())
        })
        .await?;
        let row = first_row(&stage.kubectl(&["get", "ballsessions"]).await?);
        let cell = |name: &str| {
            row.get(name).map(String::as_str).with_context(|| format!("no column {name}: {row:?}"))
        };
        for (column, value) in
            [("NAME", "demo"), ("READY", "True"), ("MET", "True"), ("CLIENTS", "2/2"), ("REASON", "")]
        {
            ensure!(cell(column)? == value, "{column} is not {value:?}: {row:?}");
        }
        let error = number(cell("ERROR P95")?, "px")?;
        ensure!(error > 0.0 && error <= 0.05, "{row:?}");
        ensure!(number(cell("LATENCY P95")?, "ms")? > 0.0, "{row:?}");
        ensure!(number(cell("LOSS")?, "%")? == 0.0, "{row:?}");
        ensure!(number(cell("DELIVERED")?, "%")? >= 95.0, "{row:?}");
        ensure!(cell("ERRORS")?.parse::<u32>().is_ok() && !cell("AGE")?.is_empty(), "{row:?}");

        let wide = first_row(&stage.kubectl(&["get", "bs", "--output", "wide"]).await?);
        let server = session.ready_pod(Part::Server).await?;
        ensure!(
            wide.get("SERVER NODE").is_some_and(|node| node == ballsession_e2e::node(&server)),
            "{wide:?}"
        );
        ensure!(number(wide.get("FREEZE").context("no freeze")?, "ms")? < 1000.0, "{wide:?}");
        ensure!(wide.get("CAUSE").is_some_and(String::is_empty), "nothing is missed: {wide:?}");
        ensure!(number(wide.get("MEAN ERROR").context("no mean error")?, "px")? <= error, "{wide:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn two_sessions_of_one_name_live_in_two_namespaces() {
    scenario("two-namespaces", async |stage| {
        let other = stage.another_namespace().await?;
        let spec = quick();
        let one = stage.session("twin", &spec).await?;
        let two = stage.session_in(&other, "twin", &with(spec, json!({"clients": 2}))).await?;
        one.works_with(1).await?;
        two.works_with(2).await?;
        // Neither counts the other's clients.
        for (session, clients) in [(one, 1), (two, 2)] {
            let snapshot = session.snapshot().await?;
            ensure!(snapshot.status()?.clients.len() == clients, "{:?}", snapshot.status()?.clients);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_release_waits_for_good_numbers() {
    scenario("gate", async |stage| {
        let wait = |name: &'static str, seconds: u32| async move {
            let (session, timeout) = (format!("ballsession/{name}"), format!("--timeout={seconds}s"));
            stage.kubectl(&["wait", "--for=condition=ObjectivesMet", &session, &timeout]).await
        };
        stage.session("good", &quick()).await?;
        wait("good", 110).await?;

        let spec = with(quick(), json!({"client": {"faults": ["offset=9px"]}}));
        let bad = stage.session("bad", &spec).await?;
        bad.eventually("the numbers are bad", |now| now.is("ObjectivesMet", "False")).await?;
        ensure!(wait("bad", 2).await.is_err(), "the gate let a session through that fails its objectives");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn every_sample_is_accepted() {
    scenario("samples", async |stage| {
        let folder =
            kubectl(&["apply", "--dry-run=server", "--namespace", &stage.namespace, "-f", SAMPLES]).await?;
        ensure!(folder.lines().count() >= 2, "{folder}");
        Ok(())
    })
    .await;
}
