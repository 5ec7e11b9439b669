//! Command lines: refused in one line that names the flag, the value and what is allowed.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use address::{InvalidAddress, is_link_local};
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::Exit;

/// A year: longer than anything that is meant to end, and short enough to be added to any moment.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Parses the process's command line and environment.
///
/// # Errors
/// How to exit: after `--help` and `--version` with success, else as wrong usage; the reason was printed.
pub fn parse<Arguments: Parser>() -> Result<Arguments, Exit> {
    Arguments::try_parse().map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            // A closed stdout is the reader's choice.
            let _ = error.print();
            return Exit::Done;
        }
        eprintln!("{}", one_line(&error));
        Exit::Usage
    })
}

/// clap's message without its advice, which would take five lines.
fn one_line(error: &clap::Error) -> String {
    let text_of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // Nothing takes control characters, and a line of clap's with such in it would not be one.
    let (argument, value) = (text_of(ContextKind::InvalidArg), text_of(ContextKind::InvalidValue));
    if argument.contains(char::is_control) {
        return format!("error: unexpected argument {argument:?} found");
    }
    if value.contains(char::is_control) {
        return format!("error: invalid value {value:?} for '{argument}': it has control characters");
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
    format!("{first}{listed}")
}

/// A whole number from `from` to `to`, for `value_parser`.
pub fn whole_number(from: u32, to: u32) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| format!("must be a whole number from {from} to {to}"))
    }
}

/// Any whole number that is not negative, for `value_parser`.
pub fn natural_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", u64::MAX))
}

/// A number from `from` to `to`, for `value_parser`.
pub fn number(from: f64, to: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| format!("must be a number from {from} to {to}"))
    }
}

/// An even whole number from `from` to `to`, for `value_parser`.
pub fn even_number(from: u32, to: u32) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number =
            text.parse::<u32>().ok().filter(|number| (from..=to).contains(number) && number % 2 == 0);
        number.ok_or_else(|| format!("must be an even number from {from} to {to}"))
    }
}

/// A duration above zero, as 30s, 5m or 150ms, for `value_parser`.
pub fn duration(text: &str) -> Result<Duration, String> {
    duration_within(Duration::from_millis(1), LONGEST)(text)
}

/// A duration in `from..=to`, for `value_parser`.
pub fn duration_within(from: Duration, to: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| within(report::duration::parse(text).map_err(|error| error.to_string())?, from, to)
}

/// An address to listen on, for `value_parser`.
pub fn address(text: &str) -> Result<SocketAddr, InvalidAddress> {
    address::parse(text)
}

/// An IP address of this machine, for `value_parser`.
pub fn ip(text: &str) -> Result<IpAddr, &'static str> {
    // A zone comes behind the address, and only link-local ones have one.
    let bare = text.split_once('%').map_or(text, |(address, _)| address);
    let address: IpAddr = bare.parse().map_err(|_| "must be an IP address")?;
    if is_link_local(address) {
        return Err("must not be link-local: no candidate can say on which link");
    }
    if bare != text {
        return Err("must be an IP address");
    }
    // Binding it is the only way to know that it is one of ours.
    let usable = !address.is_unspecified() && UdpSocket::bind((address, 0)).is_ok();
    if usable { Ok(address) } else { Err("must be an address of this machine") }
}

/// Refuses durations outside `from..=to` with a line that says so.
fn within(duration: Duration, from: Duration, to: Duration) -> Result<Duration, String> {
    let unit = |duration: Duration| match (duration.as_secs(), duration.subsec_millis()) {
        (0, milliseconds) => format!("{milliseconds}ms"),
        (seconds, _) if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        (seconds, _) => format!("{seconds}s"),
    };
    let is_within = (from..=to).contains(&duration);
    if is_within { Ok(duration) } else { Err(format!("must be {} to {}", unit(from), unit(to))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser, Debug)]
    struct Sample {
        #[arg(long, default_value = "640", value_parser = even_number(64, 1920))]
        width: u32,
        #[arg(long, default_value = "plain", value_parser = ["plain", "textured"])]
        background: String,
    }

    fn refusal(arguments: &[&str]) -> String {
        one_line(&Sample::try_parse_from([&["sample"], arguments].concat()).unwrap_err())
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

    #[test]
    fn durations_out_of_range_are_refused_with_the_range() {
        let parse = duration_within(Duration::from_millis(100), Duration::from_secs(7200));
        assert_eq!(parse("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse("9000s").unwrap_err(), "must be 100ms to 2h");
        assert_eq!(duration("900000h").unwrap_err(), "must be 1ms to 8760h");
    }

    #[test]
    fn only_addresses_of_this_machine_will_do() {
        assert!(ip("127.0.0.1").is_ok());
        for other in ["0.0.0.0", "192.0.2.1", "::", "localhost", "127.0.0.1%lo"] {
            assert!(ip(other).is_err(), "{other}");
        }
        for link_local in ["fe80::7", "fe80::7%lo"] {
            assert!(ip(link_local).unwrap_err().contains("link-local"), "{link_local}");
        }
    }
}
