//! A listener in a process that has run out of descriptors; alone in its file, as the limit is the whole process's.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use std::{fs::File, time::Duration};

use ballsession_signaling::Listener;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{net::TcpStream, time::sleep};

#[tokio::test(start_paused = true)]
async fn a_lack_of_descriptors_delays_a_connection_and_loses_none() {
    let address = "127.0.0.1:0".parse().unwrap();
    let mut listener = Listener::bind(address, 4.try_into().unwrap()).await.unwrap();
    let client = TcpStream::connect(listener.local_addr()).await.unwrap();

    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) }).unwrap();
    let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    tokio::select! {
        connection = listener.accept() => panic!("{connection:?} came in without a descriptor"),
        () = sleep(Duration::from_secs(60)) => {}
    }
    drop(files);
    assert_eq!(listener.accept().await.peer_addr(), client.local_addr().unwrap());
}
