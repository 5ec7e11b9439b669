//! `[::]` on systems of every kind, and links of their own (P18).

use ballsession_tests::Program;

use crate::namespace::{assert_streams, server, within};

/// An address of each family beside loopback; `bindv6only` makes `[::]` one of IPv6 alone, for whoever does not ask.
const BOTH: &str = "sysctl -qw net.ipv6.bindv6only=1
ip link add own type veth peer name other
ip link set other up
ip link set own up
ip addr add 10.9.9.7/24 dev own
ip addr add fd09::7/64 dev own nodad";

const WITHOUT_IPV4: &str = "ip -4 addr flush dev lo
ip link add own type veth peer name other
ip link set other up
ip link set own up
ip addr add fd09::7/64 dev own nodad";

const WITHOUT_IPV6: &str = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1
sysctl -qw net.ipv6.conf.lo.disable_ipv6=1
ip link add own type veth peer name other
ip link set other up
ip link set own up
ip addr add 10.9.9.7/24 dev own";

const LINK: &str = "ip link add own type veth peer name other
ip link set other up
ip link set own up
ip addr add fe80::7/64 dev own nodad
ip addr add fd09::7/64 dev own nodad";

#[test]
fn no_address_in_particular_is_every_address_of_both_families() {
    within(BOTH, "listening::within_both_families");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_both_families() {
    let (mut server, port) = server("[::]:0", &[]);
    for host in ["127.0.0.1", "[::1]", "10.9.9.7", "[fd09::7]"] {
        assert_streams(&format!("{host}:{port}"));
    }
    let last = server.line("HTTP on [::]:");
    let http = last.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "[::1]"] {
        let address = format!("{host}:{http}").parse().unwrap();
        assert_eq!(ballsession_tests::get(address, "/healthz").unwrap().code, 200, "{host}");
    }
}

#[test]
fn it_is_every_address_of_ipv6_where_there_is_nothing_else() {
    within(WITHOUT_IPV4, "listening::within_ipv6_alone");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_ipv6_alone() {
    let (_server, port) = server("[::]:0", &["--media-ports", "8082"]);
    assert_streams(&format!("[fd09::7]:{port}"));
    assert_streams(&format!("[::1]:{port}"));
}

#[test]
fn it_is_every_address_of_ipv4_where_ipv6_is_off() {
    within(WITHOUT_IPV6, "listening::within_ipv4_alone");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_ipv4_alone() {
    let (_server, port) = server("[::]:0", &["--media-ports", "8082"]);
    assert_streams(&format!("10.9.9.7:{port}"));
    assert_streams(&format!("127.0.0.1:{port}"));
}

#[test]
fn a_link_local_address_with_its_interface_is_listened_on_and_dialled() {
    within(LINK, "listening::within_a_link");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_a_link() {
    {
        let (_server, port) = server("[fe80::7%own]:0", &[]);
        assert_streams(&format!("[fe80::7%own]:{port}"));
    }
    // There is nothing else to use for media.
    let removed = std::process::Command::new("ip").args(["addr", "del", "fd09::7/64", "dev", "own"]).status();
    assert!(removed.unwrap().success());
    let (_server, port) = server("[fe80::7%own]:0", &[]);
    let address = format!("[fe80::7%own]:{port}");
    let client = ["--server", &address, "--give-up-after", "2s"];
    let client = Program::run("ballsession-client", &client);
    assert_eq!(client.code, Some(1), "{client:?}");
}
