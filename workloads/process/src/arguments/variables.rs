//! The variables that stand for flags.

use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::{Arg, Command};

/// `command`, deaf to variables that are set and empty.
pub(super) fn without_empty(command: Command, variable: &impl Fn(&OsStr) -> Option<OsString>) -> Command {
    let command = command.mut_args(|argument| {
        let is_empty =
            argument.get_env().and_then(variable).is_some_and(|value| value.as_encoded_bytes().is_empty());
        if is_empty { argument.env(Resettable::Reset) } else { argument }
    });
    command.mut_subcommands(|command| without_empty(command, variable))
}

/// The arguments of `command`, and those of its commands.
pub(super) fn arguments(command: &Command) -> Vec<&Arg> {
    command.get_arguments().chain(command.get_subcommands().flat_map(arguments)).collect()
}

/// The variable that the value of `argument` comes from, which is not among the `words` of the command line.
pub(super) fn source<'c>(
    command: &'c Command,
    argument: &str,
    words: &[OsString],
    variable: impl Fn(&OsStr) -> Option<OsString>,
) -> Option<&'c str> {
    let argument = arguments(command).into_iter().find(|known| known.to_string() == argument)?;
    let name = argument.get_env().filter(|name| variable(name).is_some())?;
    let is_given = words.iter().skip(1).take_while(|word| *word != "--").any(|word| names(argument, word));
    name.to_str().filter(|_| !is_given)
}

/// Whether `word` is a flag of `argument`, or one with its value.
fn names(argument: &Arg, word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    let is_long = argument.get_long().is_some_and(|long| {
        word.strip_prefix("--")
            .and_then(|word| word.strip_prefix(long))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    });
    let is_short = argument.get_short().is_some_and(|short| {
        word.strip_prefix('-').is_some_and(|word| !word.starts_with('-') && word.contains(short))
    });
    is_long || is_short
}
