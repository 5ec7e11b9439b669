//! A server's name with an address of each family, of which one takes TCP and not UDP.

use ballsession_tests::Program;

use crate::namespace::{server, within};

/// Names both families of loopback `both.test`, and drops UDP over IPv6.
const SCRIPT: &str = "nft add table ip6 own
nft 'add chain ip6 own output { type filter hook output priority 0; }'
nft add rule ip6 own output meta l4proto udp drop
hosts=$(mktemp)
printf '::1 both.test\\n127.0.0.1 both.test\\n' > \"$hosts\"
mount --bind \"$hosts\" /etc/hosts
rm \"$hosts\"
getent ahosts both.test | head -1 | grep -q ::1";

/// L24: IPv4 was never tried.
#[test]
fn the_other_family_is_dialled_after_one_that_has_no_udp() {
    within(SCRIPT, "no_udp::within_the_namespaces");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_the_namespaces() {
    let (_server, port) = server("[::]:0", &[]);
    let name = format!("both.test:{port}");
    let client = Program::start("ballsession-client", &["--server", &name, "--duration", "1s"]).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stderr.iter().any(|line| line.contains("IceFailed")), "IPv6 came first: {client:?}");
}
