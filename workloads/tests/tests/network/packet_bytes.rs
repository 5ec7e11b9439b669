//! Packets of other sizes than by default.

use ballsession_tests::{Client, Server, assert_perfect};
use report::PathMtu;

/// Keyframes take several packets of any size.
const VIDEO: [&str; 12] = [
    "--width",
    "1280",
    "--height",
    "720",
    "--radius",
    "40",
    "--speed",
    "600",
    "--background",
    "textured",
    "--bitrate-kbps",
    "8000",
];

/// Headers of RTP, UDP and IPv4, and a tag of SRTP.
const AROUND: [u16; 2] = [12 + 8 + 20 + 10, 12 + 8 + 20 + 16];

#[test]
fn packets_have_the_size_that_was_asked_for_and_all_of_them_come() {
    for bytes in [200_u16, 1188, 8900] {
        let flag = bytes.to_string();
        let server = Server::start(&[&VIDEO[..], &["--packet-bytes", &flag]].concat());
        let client = Client::start("c", server.signaling(), &[]);
        server.matched("c", 60);
        let largest = server.row("c", "a full packet", |row| {
            let PathMtu { to_client, largest_packet, .. } = row.path_mtu?;
            to_client.and(largest_packet)
        });
        assert!(
            AROUND.map(|around| bytes + around).contains(&largest),
            "{largest} bytes with {bytes} of payload"
        );
        assert_eq!(client.stop().exited.code, Some(143));
        let summary = server.stop().summary;
        assert_perfect(&summary.frames);
        let network = summary.clients[0].network.unwrap();
        println!("{bytes} bytes: {network:?}");
        assert_eq!((network.packets_given_up, network.packets_lost), (0, 0), "{bytes}: {network:?}");
    }
}
