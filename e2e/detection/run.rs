//! Case after case: several at once where they do not disturb each other.

use std::time::Duration;

use anyhow::{Context, Result};
use ballsession_e2e::eventually;
use futures_util::{StreamExt, stream};
use kube::Client;

use crate::case::Case;
use crate::ground::Ground;
use crate::play::play;
use crate::remedy::Remedies;
use crate::row::Row;
use crate::table::in_words;

/// How long the cluster may take to be whole before a case.
const WHOLE: Duration = Duration::from_secs(150);

/// Plays cases, `at_once` of those that others may go on beside: a row for each session, in their order.
pub(crate) async fn run(
    client: &Client,
    ground: &Ground,
    cases: &[Case],
    at_once: usize,
) -> Result<Vec<Row>> {
    let mut remedies = Remedies::default();
    if cases.iter().any(|case| !case.fault.lost_nodes().is_empty()) {
        ground.move_aside(&mut remedies).await.context("moving operator and DNS out of the way")?;
    }
    let numbered = || cases.iter().enumerate();
    let beside = stream::iter(numbered().filter(|(_, case)| !case.is_alone))
        .map(|(number, case)| async move { (number, one(client, ground, case, number).await) });
    let mut rows: Vec<(usize, Vec<Row>)> = beside.buffer_unordered(at_once).collect().await;
    for (number, case) in numbered().filter(|(_, case)| case.is_alone) {
        rows.push((number, one(client, ground, case, number).await));
    }
    rows.sort_by_key(|(number, _)| *number);
    for problem in remedies.heal().await {
        eprintln!("{problem}");
    }
    Ok(rows.into_iter().flat_map(|(_, rows)| rows).collect())
}

/// One case in a cluster that is whole.
async fn one(client: &Client, ground: &Ground, case: &Case, number: usize) -> Vec<Row> {
    let whole = eventually(WHOLE, "the cluster is whole", async || ground.is_whole(client).await).await;
    let rows = match whole {
        Ok(()) => play(client, ground, case, number).await,
        Err(error) => {
            let not_played = |subject| {
                Row::failed(case.row_name(subject), &subject.expected, format!("not played: {error:#}"))
            };
            case.subjects.iter().map(not_played).collect()
        }
    };
    for row in &rows {
        println!("{}: {}", row.fault, in_words(row));
        if !row.is_good() {
            println!("{}", row.evidence.join("\n"));
        }
    }
    rows
}
