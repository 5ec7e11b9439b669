//! Which way media takes to each client, where somebody wants to know.

use std::collections::VecDeque;
use std::net::SocketAddr;

use report::way::Way;

use super::row::Row;

/// Addresses that are remembered: a session whose address changed has rows of before until its clients have come again.
const MOST_ADDRESSES: usize = 64;

/// The addresses at which clients reach the server by something in between, now or before, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Ways(VecDeque<SocketAddr>);

impl Ways {
    /// The server is reached at these from now on.
    pub(crate) fn advertise(&mut self, addresses: &[SocketAddr]) {
        for address in addresses {
            self.0.retain(|known| known != address);
            self.0.push_back(*address);
        }
        self.0.drain(..self.0.len().saturating_sub(MOST_ADDRESSES));
    }

    /// The way to the client of a row: as it says itself, for it knows whose packets it takes, or else as the server sees it.
    pub(crate) fn of(&self, row: &Row) -> Option<Way> {
        let by_client = row.stats.as_ref().and_then(|stats| stats.path);
        let pair = by_client.or_else(|| Some(row.server_path?.reversed()))?;
        Some(Way::of(&pair, |address| self.0.contains(&address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_before_are_remembered_up_to_a_limit() {
        let address = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
        let mut ways = Ways::default();
        ways.advertise(&[address(1)]);
        ways.advertise(&[address(1), address(2)]);
        assert_eq!(ways.0, [address(1), address(2)]);
        for port in 3..=70 {
            ways.advertise(&[address(port)]);
        }
        assert_eq!((ways.0.len(), ways.0.front()), (MOST_ADDRESSES, Some(&address(7))));
    }
}
