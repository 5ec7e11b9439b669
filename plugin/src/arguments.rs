//! The command line.

mod run;
mod target;
mod values;
mod way;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use process::arguments::{self, duration};

pub(crate) use run::RunArguments;
pub(crate) use target::Target;

use crate::session::Goal;
use crate::session_report::Format;
use values::session_name;

/// Runs, waits for, reports, compares and examines BallSession resources.
///
/// Exit codes: 0 the objectives are met, 1 it could not run, 2 wrong usage, 3 missed, 4 not measurable (the last line names the
/// stage), 5 timed out.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-ballsession",
    bin_name = "kubectl ballsession",
    version,
    arg_required_else_help = false
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where an operator is unless somebody says otherwise.
pub(crate) const OPERATOR_NAMESPACE: &str = "ballsession-system";

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a session, waits for its verdict, prints its numbers and removes it
    Run(Box<RunArguments>),
    /// Waits until the verdict of a session is known
    Wait {
        /// The session
        #[arg(value_parser = session_name)]
        name: String,
        /// What is waited for
        #[arg(long = "for", value_name = "WHAT", value_enum, default_value_t = Goal::Verdict)]
        goal: Goal,
        /// How long, as 90s or 10m
        #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
        timeout: Duration,
        /// How long what may go by itself may keep the session from being measured [default: 5s to 15s, by reason]
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        patience: Option<Duration>,
    },
    /// Shows the sessions of the namespace, or what one of them says of itself
    Status {
        /// The session; all without it
        #[arg(value_parser = session_name)]
        name: Option<String>,
        /// The sessions of all namespaces
        #[arg(short = 'A', long, conflicts_with = "name")]
        all_namespaces: bool,
    },
    /// Prints the numbers of a session, of its last window or of a whole run that is over
    Report {
        /// The session
        #[arg(value_parser = session_name)]
        name: String,
        /// The form
        #[arg(short, long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Compares two sessions, or reports that `report -o json` has written; exit 3 where the second one is worse
    Diff {
        /// A session, or the file of a report (a name with a `/` or a `.` in it)
        a: String,
        /// What it is compared with
        b: String,
        /// Table or json
        #[arg(short, long, value_enum, default_value_t = DiffFormat::Table)]
        output: DiffFormat,
    },
    /// Examines what sessions need: definition, operator, rights, and what the namespace allows
    Doctor {
        /// The operator's namespace, where deployments of all namespaces may not be listed
        #[arg(long, value_name = "NAMESPACE", default_value = OPERATOR_NAMESPACE)]
        operator_namespace: String,
    },
    /// Forwards a port of this machine to the page of a session's server
    Open {
        /// The session
        #[arg(value_parser = session_name)]
        name: String,
        /// The port here; 0 is any that is free
        #[arg(long, default_value = "0")]
        port: u16,
        /// Opens the address in a browser
        #[arg(long)]
        browser: bool,
    },
    /// Writes resource, pods, events, logs and nodes into one archive; Secrets, tokens and values of variables stay out
    Gather {
        /// The session
        #[arg(value_parser = session_name)]
        name: String,
        /// The archive [default: ballsession-NAME.tar.gz]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The operator's namespace, where pods of all namespaces may not be listed
        #[arg(long, value_name = "NAMESPACE", default_value = OPERATOR_NAMESPACE)]
        operator_namespace: String,
    },
    /// Writes the completions of a shell
    Completion {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// The command line; what is wrong with it has been printed when this fails.
pub(crate) fn parse() -> Result<Arguments, process::Exit> {
    let arguments: Arguments = arguments::parse()?;
    let checked = match &arguments.command {
        Command::Run(run) => run.check(),
        _ => Ok(()),
    };
    checked.map_err(|problem| {
        eprintln!("error: {problem}");
        process::Exit::Usage
    })?;
    Ok(arguments)
}

/// The form of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_of_kubectl_may_stand_anywhere() {
        for arguments in [
            ["-n", "docks", "--context", "c", "report", "harbor"],
            ["report", "-n", "docks", "harbor", "--context", "c"],
        ] {
            let parsed = Arguments::try_parse_from(["kubectl-ballsession"].iter().chain(&arguments)).unwrap();
            assert_eq!(parsed.target.namespace.as_deref(), Some("docks"));
            assert_eq!(parsed.target.context.as_deref(), Some("c"));
        }
    }

    #[test]
    fn names_that_no_session_can_have_are_refused() {
        for name in ["Harbor", "7a", "a.b", "", &"a".repeat(41)] {
            assert!(Arguments::try_parse_from(["kubectl-ballsession", "report", name]).is_err(), "{name}");
        }
    }
}
