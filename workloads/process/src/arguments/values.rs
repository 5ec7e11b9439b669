//! What values may be, for `value_parser`.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use address::{InvalidAddress, is_link_local};
use clap::builder::{OsStringValueParser, TypedValueParser};

/// A year: longer than anything that is meant to end, and short enough to be added to any moment.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

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

/// A path, which may be no UTF-8, for `value_parser`.
pub fn path<P>() -> impl TypedValueParser<Value = P>
where
    P: TryFrom<OsString, Error: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    OsStringValueParser::new().try_map(P::try_from)
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
