//! Tests that run in namespaces of their own.

use std::process::Command;

use ballsession_tests::Program;

/// A host with two addresses and a NAT without rules, by which 192.0.2.9 is to be reached.
pub(crate) const NAT: &str = "ip link add own type veth peer name other
ip link set other up
ip link set own up
ip addr add 10.9.9.7/24 dev own
ip addr add 10.9.9.8/24 dev own
ip route add 192.0.2.9/32 dev own
nft add table ip nat
nft 'add chain ip nat output { type nat hook output priority -100; }'";

/// Prepares a network by `script`, and runs the test `name`, which is ignored elsewhere, in it. Where there are no such
/// namespaces it is skipped, and says so.
pub(crate) fn within(script: &str, name: &str) {
    let script = format!(
        "set -e\nip link set lo up\n{script}\necho ready\nexec \"$0\" --exact --ignored --nocapture {name}"
    );
    let own = std::env::current_exe().unwrap();
    let output = Command::new("unshare").args(["--net", "--mount", "sh", "-c", &script]).arg(own).output();
    let output = output.map(|output| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    });
    match output {
        Ok((succeeded, stdout, stderr)) if stdout.contains("ready") => {
            assert!(succeeded, "{stdout}{stderr}");
            assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}");
        }
        failed => println!("skipped: no such namespaces here: {failed:?}"),
    }
}

/// A server that listens on `listen`, and the port that it got.
pub(crate) fn server(listen: &str, arguments: &[&str]) -> (Program, u16) {
    let listen = ["--listen", listen, "--http", "[::]:0"];
    let mut server = Program::start("ballsession-server", &[&listen, arguments].concat());
    let line = server.line("signalling on ");
    let (_, rest) = line.split_once("signalling on ").unwrap();
    let address = rest.split(", HTTP").next().unwrap();
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
    (server, port.unwrap_or_else(|| panic!("{line}")))
}

/// Runs a client of the server at `address` that has to have media.
pub(crate) fn assert_streams(address: &str) {
    let client = ["--server", address, "--duration", "500ms", "--give-up-after", "10s"];
    let client = Program::run("ballsession-client", &client);
    assert_eq!((client.code, &client.stderr[..]), (Some(0), &[][..]), "{address}: {client:?}");
}
