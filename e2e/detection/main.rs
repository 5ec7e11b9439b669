//! Injects faults into a real cluster, and compares what sessions say of themselves with what was done to them.
//!
//! ```text
//! cases (which faults, what is expected) -> run (case after case) -> play -> act (the acts of one case)
//!                                                                             |-> inject (how), remedy (how it ends)
//!                                                                             |-> observer -> timeline
//!                                                                             '-> outcome (compared) -> row -> table
//! ```
//! Whatever happens, and when it is interrupted too, a fault that was begun is ended.

mod act;
mod arguments;
mod case;
mod cases;
mod check;
mod contradiction;
mod expected;
mod fault;
mod ground;
mod inject;
mod observer;
mod outcome;
mod play;
mod remedy;
mod row;
mod run;
mod scene;
mod table;
mod timeline;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use k8s_openapi::jiff::Timestamp;
use kube::Client;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::ground::Ground;
use crate::row::Row;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match detect(&Arguments::parse()).await {
        Ok(is_good) => ExitCode::from(u8::from(!is_good)),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all came as expected.
async fn detect(arguments: &Arguments) -> Result<bool> {
    let cases = arguments.cases()?;
    if arguments.list {
        for case in &cases {
            println!("{}", case.name);
        }
        return Ok(true);
    }
    let client = Client::try_default().await?;
    let ground = Ground::of(&client).await?;
    let began = Instant::now();
    let mut terminated = signal(SignalKind::terminate())?;
    // What is dropped is healed.
    let rows = tokio::select! {
        rows = run::run(&client, &ground, &cases, arguments.at_once.into()) => rows?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminated.recv() => anyhow::bail!("terminated"),
    };
    println!("{}", table::table(&rows));
    if let Some(path) = &arguments.table {
        let version = client.apiserver_version().await?.git_version;
        let heading = format!(
            "Measured {} on Kubernetes {version} with {} nodes, in {:.0} minutes.",
            Timestamp::now().strftime("%F"),
            ground.nodes.len(),
            began.elapsed().as_secs_f64() / 60.0
        );
        table::write(path, &heading, &rows)?;
    }
    Ok(rows.iter().all(Row::is_good))
}
