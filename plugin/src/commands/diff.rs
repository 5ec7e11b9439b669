//! `diff`: two sessions, or two files, or one of each.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::arguments::{DiffFormat, Target};
use crate::cluster::{self, Cluster, connect};
use crate::commands::output::print;
use crate::diff::{compare, table};
use crate::exit::Exit;
use crate::session_report::{self, Report, SCHEMA_VERSION};

/// No report is larger: 16 clients, 16 errors, and messages of 256 bytes.
const LARGEST: u64 = 1 << 20;

/// Compares; where anything of `b` is worse, the exit code says so.
pub(super) async fn diff(target: &Target, a: &str, b: &str, format: DiffFormat) -> Result<Exit> {
    let cluster = if is_file(a) && is_file(b) { None } else { Some(connect(target).await?) };
    let reports = [read(cluster.as_ref(), a).await?, read(cluster.as_ref(), b).await?];
    let comparison = compare([a, b], &reports[0], &reports[1]);
    print(&match format {
        DiffFormat::Table => table(&comparison),
        DiffFormat::Json => format!("{}\n", serde_json::to_string_pretty(&comparison)?),
    })?;
    Ok(if comparison.is_b_worse() { Exit::Missed } else { Exit::Done })
}

/// A session's name has none of both.
fn is_file(name: &str) -> bool {
    name.contains(['/', '.'])
}

async fn read(cluster: Option<&Cluster>, name: &str) -> Result<Report> {
    match cluster.filter(|_| !is_file(name)) {
        Some(cluster) => Ok(session_report::report(&cluster::get(cluster, name).await?)),
        None => from_file(Path::new(name)),
    }
}

fn from_file(file: &Path) -> Result<Report> {
    let what = || format!("cannot read the report {}", file.display());
    let length = std::fs::metadata(file).with_context(what)?.len();
    ensure!(
        length <= LARGEST,
        "{} is no report: it has {length} bytes, a report at most {LARGEST}",
        file.display()
    );
    let text = std::fs::read_to_string(file).with_context(what)?;
    let report: Report = serde_json::from_str(&text)
        .with_context(|| format!("{} is no report as `report -o json` writes it", file.display()))?;
    ensure!(
        report.schema_version == SCHEMA_VERSION,
        "{} has schemaVersion {}, this program reads {SCHEMA_VERSION}",
        file.display(),
        report.schema_version
    );
    Ok(report)
}
