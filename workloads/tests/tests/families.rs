//! A server's name with an address of each family, of which one takes TCP and not UDP, in namespaces of its own.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::process::Command;

use ballsession_tests::Program;

/// Names both families of loopback `both.test`, drops UDP over IPv6, and runs the test that it is given there.
const SCRIPT: &str = "set -e
ip link set lo up
nft add table ip6 own
nft 'add chain ip6 own output { type filter hook output priority 0; }'
nft add rule ip6 own output meta l4proto udp drop
hosts=$(mktemp)
printf '::1 both.test\\n127.0.0.1 both.test\\n' > \"$hosts\"
mount --bind \"$hosts\" /etc/hosts
rm \"$hosts\"
getent ahosts both.test | head -1 | grep -q ::1
echo ready
exec \"$0\" --exact --ignored --nocapture within_the_namespaces";

/// L24: IPv4 was never tried.
#[test]
fn the_other_family_is_dialled_after_one_that_has_no_udp() {
    let own = std::env::current_exe().unwrap();
    let output = Command::new("unshare").args(["--net", "--mount", "sh", "-c", SCRIPT]).arg(own).output();
    let output = output.map(|output| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    });
    match output {
        Ok((succeeded, stdout, stderr)) if stdout.contains("ready") => {
            assert!(succeeded, "{stdout}{stderr}");
        }
        failed => println!("skipped: no namespaces with nftables here: {failed:?}"),
    }
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_the_namespaces() {
    let mut server = Program::start("ballsession-server", &["--listen", "[::]:0", "--http", "127.0.0.1:0"]);
    let listening = server.line("signalling on [::]:");
    let port = listening.split("signalling on [::]:").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let name = format!("both.test:{port}");
    let client = Program::start("ballsession-client", &["--server", &name, "--duration", "1s"]).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stderr.iter().any(|line| line.contains("IceFailed")), "IPv6 came first: {client:?}");
}
