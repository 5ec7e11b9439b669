//! L2: a host with many interfaces, in a network namespace of its own.

use std::process::Command;
use std::time::{Duration, Instant};

use ballsession_media::addresses::media_addresses;

use crate::server::{LOOPBACK, Server};

/// Makes 60 interfaces with an address of each family, and runs the test that it is given there.
const SCRIPT: &str = "set -e
ip link set lo up
for n in $(seq 1 60); do
  ip link add d$n type dummy 2>/dev/null || ip link add d$n type bridge
  ip addr add 10.9.$n.1/24 dev d$n
  ip -6 addr add fd09:$n::1/64 dev d$n nodad
  ip link set d$n up
done
echo ready
exec \"$0\" --exact --ignored --nocapture interfaces::within_the_namespace";

#[test]
fn a_host_of_sixty_interfaces_with_both_families_connects_each_time() {
    let own = std::env::current_exe().unwrap();
    let user: &[&str] =
        if Command::new("unshare").args(["--net", "true"]).status().is_ok_and(|status| status.success()) {
            &[]
        } else {
            &["--map-root-user"]
        };
    let output = Command::new("unshare").args(user).args(["--net", "sh", "-c", SCRIPT]).arg(own).output();
    let output = output.map(|output| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    });
    match output {
        Ok((succeeded, stdout, stderr)) if stdout.contains("ready") => {
            print!("{stdout}");
            assert!(succeeded, "{stdout}{stderr}");
        }
        failed => println!("skipped: no network namespace with interfaces of its own here: {failed:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above, in a network namespace"]
async fn within_the_namespace() {
    let (server, mut took) = (Server::start(), Vec::new());
    for id in 0..20 {
        let began = Instant::now();
        let addresses = media_addresses(LOOPBACK, &[]);
        let client = server.connect(id, [addresses.clone(), addresses], |_, sdp| sdp).await;
        took.push(began.elapsed());
        client.receiver.close().await;
    }
    took.sort_unstable();
    println!("20 of 20, p50 {:?}, the longest {:?}", took[10], took[19]);
    assert!(took[19] < Duration::from_secs(2), "{took:?}");
}
