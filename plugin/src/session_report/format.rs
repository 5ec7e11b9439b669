//! The forms of a report.

use anyhow::Result;

use crate::session_report::junit::junit;
use crate::session_report::markdown::markdown;
use crate::session_report::model::Report;
use crate::session_report::table::table;

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people at a terminal
    Table,
    /// All of it, for programs, and for `diff`
    Json,
    /// Tests, for pipelines
    Junit,
    /// For the summary of a pipeline's job
    Markdown,
}

/// The report in one of its forms, with a line break at the end.
///
/// # Errors
/// None that its values could cause.
pub(crate) fn render(report: &Report, format: Format) -> Result<String> {
    Ok(match format {
        Format::Table => table(report),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Junit => junit(report)?,
        Format::Markdown => markdown(report),
    })
}
