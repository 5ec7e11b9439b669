//! Command lines, and the variables that stand for flags: refused in one line that names flag or variable, the value and
//! what is allowed.

mod refusal;
mod values;
mod variables;

pub use values::{
    address, duration, duration_within, even_number, ip, natural_number, number, path, whole_number,
};

use clap::Parser;
use clap::error::ErrorKind;

use crate::Exit;

/// Parses the process's command line and environment. A variable that is set and empty, as files of variables have them,
/// is as good as none.
///
/// # Errors
/// How to exit: after `--help` and `--version` with success, else as wrong usage; the reason was printed.
pub fn parse<Arguments: Parser>() -> Result<Arguments, Exit> {
    let words: Vec<_> = std::env::args_os().collect();
    let variable = |name: &_| std::env::var_os(name);
    let mut command = variables::without_empty(Arguments::command(), &variable);
    command.build();
    let matches = command.try_get_matches_from_mut(&words);
    let parsed = matches
        .and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches))
        .map_err(|error| error.format(&mut command));
    parsed.map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            // A closed stdout is the reader's choice.
            let _ = error.print();
            return Exit::Done;
        }
        eprintln!("{}", refusal::one_line(&error, &command, &words, variable));
        Exit::Usage
    })
}
