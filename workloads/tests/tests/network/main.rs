//! experiment
mod session;
use ballsession_tests::relay::*;
#[test]
fn experiment() {
    let args = std::env::var("A").unwrap();
    let o = session::observe(Network { seed: 1, troubled: 100..300, loss: Loss::ForGood(0.02), ..Network::default() }, 400, &args.split(' ').collect::<Vec<_>>());
    let mut sizes: Vec<_> = o.log.frames().iter().map(|f| f.bytes).collect();
    sizes.sort();
    println!("{} frames: {:?}", sizes.len(), sizes);
    println!("\n{:?}\n{:?}\n{:?}", o.server.frames, o.client.frames, o.server.latency_milliseconds);
    println!("{:?}", o.server.freezes);
}
