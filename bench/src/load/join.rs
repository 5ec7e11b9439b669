//! One session's signalling, from dialling to bye.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use signaling::{Connection, Endpoint, Message, dial};
use tokio::sync::watch;

use super::claim::Claim;
use super::counters::Counters;
use super::driver::Handle;
use super::peer::Peer;

/// How long a server may take to make an offer.
const OFFER_LIMIT: Duration = Duration::from_secs(20);

/// Runs the session `name` until the server ends it or `stop` is raised.
pub(crate) async fn run(
    name: String,
    claim: Claim,
    server: Endpoint,
    driver: Handle,
    counters: Arc<Counters>,
    mut stop: watch::Receiver<bool>,
) {
    let ended = tokio::select! {
        ended = session(&name, claim, &server, &driver) => ended,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    if let Err(error) = ended {
        counters.failed(format!("{name}: {error:#}"));
    }
}

/// Ends only with an error: dropping it sends bye.
async fn session(name: &str, claim: Claim, server: &Endpoint, driver: &Handle) -> anyhow::Result<()> {
    let dialled = Instant::now();
    let mut connection = dial(server).await?;
    let Some(Message::Offer { sdp }) = connection.receive_within(OFFER_LIMIT).await? else {
        bail!("the server's first message is no offer");
    };
    let socket = UdpSocket::bind(SocketAddr::new(connection.local_addr().ip(), 0))
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .context("no socket for media")?;
    let local = socket.local_addr()?;
    let (peer, sdp) = Peer::answer(name.to_owned(), claim, sdp, local, dialled).context("cannot answer")?;
    connection.send(&Message::Answer { sdp }).await?;
    driver.adopt(peer, socket);
    stay(&mut connection).await
}

async fn stay(connection: &mut Connection) -> anyhow::Result<()> {
    loop {
        match connection.receive().await? {
            Some(Message::Bye) => bail!("the server said bye"),
            Some(_) => {}
            None => bail!("the server is gone"),
        }
    }
}
