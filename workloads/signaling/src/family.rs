//! Which of a name's addresses are tried first.

use std::net::SocketAddr;

/// A family of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family that an address is really of: `::ffff:a.b.c.d` is IPv4.
    pub fn of(address: SocketAddr) -> Self {
        if address.ip().to_canonical().is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// The one that it is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

/// The addresses with those of the family `first` before the others, otherwise in their order.
pub(crate) fn order(mut addresses: Vec<SocketAddr>, first: Option<Family>) -> Vec<SocketAddr> {
    if let Some(first) = first {
        addresses.sort_by_key(|address| Family::of(*address) != first);
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_family_comes_first_and_nothing_is_left_out() {
        let parse = |all: &[&str]| all.iter().map(|address| address.parse().unwrap()).collect::<Vec<_>>();
        let resolved = parse(&["[fd00::1]:1", "10.0.0.1:1", "[fd00::2]:1", "[::ffff:10.0.0.2]:1"]);
        let v4_first = parse(&["10.0.0.1:1", "[::ffff:10.0.0.2]:1", "[fd00::1]:1", "[fd00::2]:1"]);
        assert_eq!(order(resolved.clone(), None), resolved);
        assert_eq!(order(resolved.clone(), Some(Family::V4)), v4_first);
        let v6_first = order(resolved, Some(Family::V4.other()));
        assert_eq!(
            v6_first.iter().map(|address| Family::of(*address)).collect::<Vec<_>>()[..2],
            [Family::V6; 2]
        );
    }
}
