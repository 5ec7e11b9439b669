//! Why a command line is refused, in one line.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::variables;

/// clap's message without its advice, which would take five lines.
pub(super) fn one_line(
    error: &clap::Error,
    command: &Command,
    words: &[OsString],
    variable: impl Fn(&OsStr) -> Option<OsString>,
) -> String {
    let text_of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (argument, value) = (text_of(ContextKind::InvalidArg), text_of(ContextKind::InvalidValue));
    // Whoever set a variable may never have seen the flag.
    let source = variables::source(command, argument, words, &variable);
    let by_variable = |line: String| match source {
        Some(name) => line.replacen(&format!("'{argument}'"), &format!("{name} ('{argument}')"), 1),
        None => line,
    };
    // Nothing takes control characters, and a line of clap's with such in it would not be one.
    if argument.contains(char::is_control) {
        return format!("error: unexpected argument {argument:?} found");
    }
    if value.contains(char::is_control) {
        return by_variable(format!(
            "error: invalid value {value:?} for '{argument}': it has control characters"
        ));
    }
    if error.kind() == ErrorKind::InvalidUtf8 {
        return format!("error: {}", not_utf8(command, words, variable));
    }
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default();
    // A list of what is missing, or of what is possible, stands in lines of its own.
    let listed = match error.get(ContextKind::InvalidArg) {
        Some(arguments) if error.kind() == ErrorKind::MissingRequiredArgument => format!(" {arguments}"),
        _ => text
            .lines()
            .skip(1)
            .find(|line| line.trim_start().starts_with("[possible values"))
            .map(|line| format!(" {}", line.trim()))
            .unwrap_or_default(),
    };
    by_variable(format!("{first}{listed}"))
}

/// Which word or variable is no UTF-8; clap does not say.
fn not_utf8(command: &Command, words: &[OsString], variable: impl Fn(&OsStr) -> Option<OsString>) -> String {
    let is_bad = |value: &OsStr| value.to_str().is_none();
    if let Some(at) = words.iter().position(|word| is_bad(word)) {
        let before = at.checked_sub(1).and_then(|at| words[at].to_str());
        let flag = before.filter(|word| word.starts_with("--")).map(|flag| format!(" for '{flag}'"));
        return format!("invalid value {:?}{}: it is no UTF-8", words[at], flag.unwrap_or_default());
    }
    let named = variables::arguments(command).into_iter().filter_map(clap::Arg::get_env);
    let bad = named.filter_map(|name| Some((name, variable(name)?))).find(|(_, value)| is_bad(value));
    bad.map_or_else(
        || "a value is no UTF-8".to_owned(),
        |(name, value)| format!("invalid value {value:?} for {}: it is no UTF-8", name.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::arguments::values::even_number;

    #[derive(Parser, Debug)]
    struct Sample {
        #[arg(long, env = "SAMPLE_WIDTH", default_value = "640", value_parser = even_number(64, 1920))]
        width: u32,
        #[arg(long, env = "SAMPLE_BACKGROUND", default_value = "plain", value_parser = ["plain", "textured"])]
        background: String,
        #[command(subcommand)]
        command: Option<Further>,
    }

    #[derive(clap::Subcommand, Debug)]
    enum Further {
        Wait {
            #[arg(long, env = "SAMPLE_LIMIT")]
            limit: Option<u32>,
        },
    }

    const NONE: fn(&OsStr) -> Option<OsString> = |_| None;

    fn command() -> Command {
        let mut command = Sample::command();
        command.build();
        command
    }

    fn refused(words: &[OsString]) -> clap::Error {
        Sample::command().try_get_matches_from(words).unwrap_err()
    }

    fn refusal(words: &[&str]) -> String {
        let words: Vec<OsString> = ["sample"].iter().chain(words).map(OsString::from).collect();
        one_line(&refused(&words), &command(), &words, NONE)
    }

    #[test]
    fn a_refusal_is_one_line_with_flag_value_and_what_is_allowed() {
        assert_eq!(
            refusal(&["--width", "641"]),
            "error: invalid value '641' for '--width <WIDTH>': must be an even number from 64 to 1920"
        );
        assert_eq!(
            refusal(&["--background", "red"]),
            "error: invalid value 'red' for '--background <BACKGROUND>' [possible values: plain, textured]"
        );
        assert_eq!(refusal(&["--colour"]), "error: unexpected argument '--colour' found");
        assert_eq!(
            refusal(&["--width", "6\n\n4\u{1b}"]),
            r#"error: invalid value "6\n\n4\u{1b}" for '--width <WIDTH>': it has control characters"#
        );
        assert_eq!(refusal(&["--col\nour"]), r#"error: unexpected argument "--col\nour" found"#);
    }

    /// L22.
    #[test]
    fn what_is_no_utf8_is_named_with_its_flag() {
        let words = ["sample".into(), "--width".into(), OsString::from_vec(b"6\xff".to_vec())];
        assert_eq!(
            one_line(&refused(&words), &command(), &words, NONE),
            r#"error: invalid value "6\xFF" for '--width': it is no UTF-8"#
        );
        let error = clap::Error::new(ErrorKind::InvalidUtf8);
        let variable = |name: &OsStr| (name == "SAMPLE_BACKGROUND").then(|| words[2].clone());
        assert_eq!(
            one_line(&error, &command(), &words[..1], variable),
            r#"error: invalid value "6\xFF" for SAMPLE_BACKGROUND: it is no UTF-8"#
        );
    }

    /// L15.
    #[test]
    fn a_value_from_a_variable_is_refused_by_the_variables_name() {
        let words = ["sample", "--width", "641"].map(OsString::from);
        let (error, variable) = (refused(&words), |_: &OsStr| Some("641".into()));
        assert_eq!(
            one_line(&error, &command(), &words[..1], variable),
            "error: invalid value '641' for SAMPLE_WIDTH ('--width <WIDTH>'): must be an even number from 64 to 1920"
        );
        for given in [&["sample", "--width", "641"][..], &["sample", "--width=641"]] {
            let given: Vec<_> = given.iter().map(OsString::from).collect();
            let line = one_line(&error, &command(), &given, variable);
            assert!(line.starts_with("error: invalid value '641' for '--width <WIDTH>'"), "{line}");
        }
    }

    /// L15: files of variables, as those of compose, have empty ones.
    #[test]
    fn an_empty_variable_is_none() {
        let heard = |command: Command| {
            variables::arguments(&command).into_iter().filter_map(clap::Arg::get_env).count()
        };
        assert_eq!(heard(variables::without_empty(Sample::command(), &|_| Some(OsString::new()))), 0);
        assert_eq!(heard(variables::without_empty(Sample::command(), &|_| Some("1".into()))), 3);
        assert_eq!(heard(variables::without_empty(Sample::command(), &|_| None)), 3);
    }
}
