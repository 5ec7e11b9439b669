//! The UDP ports that media may use: where firewalls and NetworkPolicies name ports, they have to be known beforehand.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::str::FromStr;

/// Some ports in a row, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaPorts {
    first: u16,
    last: u16,
}

/// Why a text names no ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPorts {
    /// It has another form.
    #[error("must be a port or a range of ports from 1 to 65535, as in 8082 or 50000-50010")]
    Form,
    /// The range ends before it begins.
    #[error("must begin with its lowest port, as in {last}-{first}")]
    Reversed {
        /// The port that stands first.
        first: u16,
        /// The port that stands last.
        last: u16,
    },
}

/// Ports that media cannot have.
#[derive(Debug, thiserror::Error)]
#[error("media needs {needed} of the UDP ports {ports} on {address}, and {}", list(.refused))]
pub struct PortsInUse {
    /// The ports that were given.
    pub ports: MediaPorts,
    /// How many of them are needed.
    pub needed: usize,
    /// The local address.
    pub address: IpAddr,
    /// Those that cannot be bound, and why.
    pub refused: Vec<(u16, io::Error)>,
}

fn list(refused: &[(u16, io::Error)]) -> String {
    /// Whoever reads them all has found the cause long ago.
    const SHOWN: usize = 4;
    let mut text: Vec<String> =
        refused.iter().take(SHOWN).map(|(port, error)| format!("{port} cannot be bound: {error}")).collect();
    if refused.len() > SHOWN {
        text.push(format!("{} more", refused.len() - SHOWN));
    }
    text.join(", ")
}

impl MediaPorts {
    /// How many there are.
    pub fn count(self) -> usize {
        usize::from(self.last - self.first) + 1
    }

    /// In the order in which socket number `number` of an address tries them: its own first.
    pub(super) fn of(self, number: usize) -> impl Iterator<Item = u16> {
        let own = u16::try_from(number % self.count()).unwrap_or(0);
        let start = self.first + own;
        (start..=self.last).chain(self.first..start)
    }

    /// That so many sockets can have a port of `address` each.
    ///
    /// # Errors
    /// Where too few of the ports are free.
    pub(super) fn check(self, needed: usize, address: IpAddr) -> Result<(), PortsInUse> {
        let (mut free, mut refused) = (Vec::new(), Vec::new());
        for port in self.of(0) {
            match UdpSocket::bind(SocketAddr::new(address, port)) {
                Ok(socket) => free.push(socket),
                Err(error) => refused.push((port, error)),
            }
            if free.len() == needed {
                return Ok(());
            }
        }
        Err(PortsInUse { ports: self, needed, address, refused })
    }
}

impl FromStr for MediaPorts {
    type Err = InvalidPorts;

    fn from_str(text: &str) -> Result<Self, InvalidPorts> {
        let port = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|port| digits && *port > 0).ok_or(InvalidPorts::Form)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(InvalidPorts::Reversed { first, last });
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for MediaPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_port_or_a_range_is_read_and_written_alike() {
        for (text, count) in [("8082", 1), ("50000-50010", 11), ("1-65535", 65_535)] {
            let ports: MediaPorts = text.parse().unwrap();
            assert_eq!((ports.to_string().as_str(), ports.count()), (text, count));
        }
        assert_eq!("7-7".parse::<MediaPorts>().unwrap().to_string(), "7");
        for text in ["", "0", "0-5", "5-0", "65536", "-5", "5-", "5-6-7", "+5", "5 - 6", "http"] {
            assert_eq!(text.parse::<MediaPorts>(), Err(InvalidPorts::Form), "{text}");
        }
        let reversed = "50010-50000".parse::<MediaPorts>().unwrap_err();
        assert_eq!(reversed.to_string(), "must begin with its lowest port, as in 50000-50010");
    }

    #[test]
    fn sockets_of_one_address_try_a_port_of_their_own_first_and_then_every_other() {
        let ports: MediaPorts = "10-12".parse().unwrap();
        for (number, order) in [(0, [10, 11, 12]), (1, [11, 12, 10]), (2, [12, 10, 11]), (3, [10, 11, 12])] {
            assert_eq!(ports.of(number).collect::<Vec<_>>(), order);
        }
        let last: MediaPorts = "65535".parse().unwrap();
        assert_eq!(last.of(1).collect::<Vec<_>>(), [65_535]);
    }

    #[test]
    fn ports_that_others_have_are_named() {
        let taken = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports: MediaPorts = port.to_string().parse().unwrap();
        let error = ports.check(1, LOOPBACK).unwrap_err().to_string();
        let cause = "cannot be bound: Address already in use (os error 98)";
        assert_eq!(error, format!("media needs 1 of the UDP ports {port} on 127.0.0.1, and {port} {cause}"));
        drop(taken);
        ports.check(1, LOOPBACK).unwrap();
        ports.check(2, LOOPBACK).unwrap_err();
    }
}
