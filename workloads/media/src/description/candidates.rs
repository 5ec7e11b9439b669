//! All candidates of a peer.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use rtc::sdp::description::common::Attribute;

use super::attributes::{valued, values};
use super::candidate::{Candidate, Unusable};
use super::error::DescriptionError;
use super::limits::MAX_CANDIDATES;
use super::place::Place;

/// What of a peer's candidates can be used, in its order, and what was left out.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    usable: Vec<Candidate>,
    beyond: usize,
    skipped: BTreeMap<Unusable, usize>,
}

impl Candidates {
    /// Reads those among the attributes. A peer without any is found by its own checks; one that has them for TCP
    /// alone never will be.
    pub(super) fn read<'a>(
        place: Place,
        attributes: impl Iterator<Item = &'a [Attribute]>,
    ) -> Result<Self, DescriptionError> {
        let mut found = Self::default();
        for value in attributes.flat_map(|attributes| values(attributes, "candidate")) {
            match Candidate::read(value) {
                Ok(candidate) => found.add(candidate),
                Err(why) => *found.skipped.entry(why).or_default() += 1,
            }
        }
        match found.skipped.get(&Unusable::Tcp) {
            Some(&count) if found.usable.is_empty() && found.skipped.len() == 1 => {
                Err(DescriptionError::TcpOnly { place, count })
            }
            _ => Ok(found),
        }
    }

    /// Takes one that goes somewhere new, as long as there is room. Neither family takes the place of the other: when there
    /// is none left, a candidate of one that has less than its half replaces the last of the other.
    fn add(&mut self, candidate: Candidate) {
        if self.usable.iter().any(|known| known.address == candidate.address) {
            return;
        }
        if self.usable.len() < MAX_CANDIDATES {
            self.usable.push(candidate);
            return;
        }
        self.beyond += 1;
        let is_same = |known: &Candidate| known.address.is_ipv4() == candidate.address.is_ipv4();
        if self.usable.iter().filter(|known| is_same(known)).count() < MAX_CANDIDATES / 2
            && let Some(last) = self.usable.iter().rposition(|known| !is_same(known))
        {
            self.usable.remove(last);
            self.usable.push(candidate);
        }
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.usable.iter().map(|candidate| candidate.address)
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = Attribute> {
        self.usable.iter().map(|candidate| valued("candidate", candidate.to_string()))
    }
}

/// How many are used, and how many are not for which reason.
impl fmt::Display for Candidates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} candidates used", self.usable.len())?;
        if self.beyond > 0 {
            write!(formatter, ", {} more than {MAX_CANDIDATES}", self.beyond)?;
        }
        self.skipped.iter().try_for_each(|(why, count)| write!(formatter, ", {count} skipped {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Candidates, DescriptionError> {
        let attributes: Vec<Attribute> = values.iter().map(|value| valued("candidate", *value)).collect();
        Candidates::read(Place::Answer, std::iter::once(attributes.as_slice()))
    }

    /// P10.
    #[test]
    fn odd_lines_are_counted_and_the_others_used_once() {
        let good = "1 1 udp 1 192.0.2.1 5000 typ host";
        let found =
            read(&[good, "x", "1 1 tcp 1 192.0.2.1 9 typ host", good, "y", "1 1 udp 1 a.local 9 typ host"]);
        let expected =
            "1 candidates used, 1 skipped for TCP, 1 skipped with a host name, 2 skipped cut short";
        assert_eq!(found.unwrap().to_string(), expected);
        assert_eq!(read(&[]).unwrap().attributes().count(), 0);
    }

    /// L1.
    #[test]
    fn there_is_room_for_some_and_not_for_all() {
        let many: Vec<String> =
            (0..900).map(|n| format!("{n} 1 udp 1 192.0.2.1 {} typ host", 1000 + n)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let found = read(&many).unwrap();
        assert_eq!(found.attributes().count(), MAX_CANDIDATES);
        assert_eq!(found.to_string(), "16 candidates used, 884 more than 16");
    }

    /// L2: 60 addresses of one family before those of the other left nothing of that.
    #[test]
    fn neither_family_takes_the_place_of_the_other() {
        let line = |address: String| format!("1 1 udp 1 {address} 9 typ host");
        let v6 = (0..60).map(|n| line(format!("fd00::{n:x}")));
        let many: Vec<String> = v6.chain((0..60).map(|n| line(format!("10.0.0.{n}")))).collect();
        let found = read(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let of_v4 = found.usable.iter().filter(|candidate| candidate.address.is_ipv4()).count();
        assert_eq!((of_v4, found.usable.len()), (8, 16));
        assert_eq!(found.to_string(), "16 candidates used, 104 more than 16");
    }

    #[test]
    fn tcp_alone_is_refused() {
        let refused = read(&["1 1 tcp 1 192.0.2.1 9 typ host", "2 1 tcp 1 ::1 9 typ host"]).unwrap_err();
        let expected = "the answer has candidates for TCP only, 2 of them; media needs UDP";
        assert_eq!(refused.to_string(), expected);
    }
}
