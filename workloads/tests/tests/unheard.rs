//! A client that has no media, and whose posts nobody takes: its end says why.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::time::{Duration, Instant};

use ballsession_tests::{Client, Collector, eventually_within, private_address};

/// Half a minute until it gives up, and what a busy machine takes to see it.
const PATIENCE: Duration = Duration::from_secs(60);

/// O23: in a namespace whose policies let nothing through it went on for ever, and nobody but its log knew why.
#[test]
fn a_client_that_nobody_hears_ends_with_the_first_cause() {
    let (server, started) = (private_address(), Instant::now());
    let refused = Collector::dead();
    let mut unheard = Client::start("unheard", server, &refused.flags(&["--reconnect"]));
    let taken = Collector::start();
    let mut heard = Client::start("heard", server, &taken.flags(&["--reconnect"]));
    eventually_within(PATIENCE, "the end of the client", || (!unheard.is_running()).then_some(()));
    let lived = started.elapsed();
    assert!(heard.is_running(), "its posts are taken");
    let unheard = unheard.finish();
    assert_eq!(unheard.exited.code, Some(1), "{:?}", unheard.exited);
    assert!((30..45).contains(&lived.as_secs()), "{lived:?}");
    let message = refused.termination_message();
    let expected = format!("error: ConnectFailed: cannot connect to {server}: ");
    assert!(message.starts_with(&expected), "{message}");
    assert!(message.contains("; no media and no post taken for 30 s: http://127.0.0.1:"), "{message}");
    assert_eq!(heard.stop().exited.code, Some(143));
}
