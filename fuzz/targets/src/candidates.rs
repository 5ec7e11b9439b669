//! Lines of candidates in a description, and how many of them are checked.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use media::untrusted::few_candidates;

/// Of each family of addresses.
const MOST: usize = 8;

/// A description, as the last step before the WebRTC stack cuts it down for one that has both families.
pub(crate) fn candidates(data: &[u8]) {
    let Ok(sdp) = str::from_utf8(data) else { return };
    let locals: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let few = few_candidates(sdp, locals);
    assert_eq!(few_candidates(&few, locals), few, "cut down once");
    let mut given = sdp.split_inclusive('\n');
    let (mut v4, mut v6) = (HashSet::new(), HashSet::new());
    for line in few.split_inclusive('\n') {
        assert!(given.any(|given| given == line), "nothing new, and in order: {line:?}");
        // Each section may say the same.
        if let Some(candidate) = candidate(line) {
            let address: IpAddr = candidate.parse().expect("an address");
            (if address.is_ipv4() { &mut v4 } else { &mut v6 }).insert(line.trim());
        }
    }
    assert!(v4.len() <= MOST && v6.len() <= MOST, "{v4:?} and {v6:?}");
    let others = |sdp: &str| {
        sdp.split_inclusive('\n').filter(|line| candidate(line).is_none()).map(str::len).sum::<usize>()
    };
    assert_eq!(others(&few), others(&few_candidates(sdp, [])), "all else stays");
    assert!(few_candidates(sdp, []).lines().all(|line| candidate(line).is_none()));
}

/// The address of a line that says a candidate, where the stack would find one.
fn candidate(line: &str) -> Option<&str> {
    let value = line.trim_start_matches('\r').strip_prefix("a=")?.trim().strip_prefix("candidate:")?;
    value.split_ascii_whitespace().nth(4)
}
