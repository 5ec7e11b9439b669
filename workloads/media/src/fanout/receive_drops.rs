//! What the system dropped before anybody read it.

/// Datagrams that the system dropped at receive buffers of UDP sockets on `ports`, by the last column of
/// `/proc/net/udp` and `udp6`; zero where there is no such file.
pub(super) fn receive_drops(ports: &[u16]) -> u64 {
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .map(|table| drops_in(&table, ports))
        .sum()
}

fn drops_in(table: &str, ports: &[u16]) -> u64 {
    let row = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (_, port) = columns.nth(1)?.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        ports.contains(&port).then(|| columns.last()?.parse::<u64>().ok()).flatten()
    };
    table.lines().skip(1).filter_map(row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_the_last_column_of_our_ports() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             1: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 17\n\
             2: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 5\n";
        assert_eq!(drops_in(table, &[0x1f90]), 17);
        assert_eq!(drops_in(table, &[0x1f90, 0x1f91, 1]), 22);
        assert_eq!(drops_in("", &[1]), 0);
    }
}
