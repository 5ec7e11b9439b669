//! How long set-ups take: `cargo test --release -p ballsession-media --test checks -- --ignored --nocapture set_ups`.

use std::time::Instant;

use ballsession_media::addresses::media_addresses;

use crate::server::{LOOPBACK, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures, and fails for nothing"]
async fn set_ups_on_loopback() {
    let (server, mut took) = (Server::start(), Vec::new());
    for id in 0..50 {
        let began = Instant::now();
        let addresses = media_addresses(LOOPBACK, &[]);
        let client = server.connect(id, [addresses.clone(), addresses], |_, sdp| sdp).await;
        took.push(began.elapsed());
        client.receiver.close().await;
    }
    took.sort_unstable();
    println!(
        "50 set-ups to the open channel: p50 {:?}, p95 {:?}, the longest {:?}",
        took[25], took[47], took[49]
    );
}
