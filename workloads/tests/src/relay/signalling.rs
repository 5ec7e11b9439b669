//! The signalling between the peers, in which each finds the relay's address for the other one's.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use super::path::Path;
use super::sdp::rewrite;
use super::shared::Shared;

/// Serves every client that dials, to the end of its session and of the relay.
pub(super) fn serve(listener: &TcpListener, server: SocketAddr, shared: &Arc<Shared>) {
    std::thread::scope(|sessions| {
        for client in listener.incoming().flatten() {
            if shared.is_stopping() {
                return;
            }
            sessions.spawn(move || session(&client, server, shared));
        }
    });
}

/// One session, from the client's dialling to the end of its signalling.
fn session(client: &TcpStream, server: SocketAddr, shared: &Arc<Shared>) {
    shared.hold_signalling();
    // A server that has ended.
    let Ok(server) = TcpStream::connect(server) else { return };
    for stream in [client, &server] {
        shared.cut_at_the_end(stream.try_clone().expect("there are descriptors left"));
    }
    let path = Path::new();
    let ended = Arc::new(AtomicBool::new(false));
    let (offer, offered) = mpsc::channel();
    let mut carriers = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let learn = |media| offer.send(media).expect("the other end is in this function");
            forward(&server, client, path.for_client(), learn, || shared.hold_signalling());
        });
        let open = |media| {
            let server = offered.try_recv().expect("an answer follows an offer");
            carriers.extend(path.open(server, media, shared, &ended));
        };
        forward(client, &server, path.for_server(), open, || shared.hold_signalling());
    });
    ended.store(true, Relaxed);
    for carrier in carriers {
        assert!(JoinHandle::join(carrier).is_ok(), "a direction of the relay failed");
    }
}

/// Passes lines on to the end of the stream, with `relay` as the sender's media address; `learn` gets the true one
/// before the line goes on. Each line, and the end, waits until `hold` returns.
pub(super) fn forward(
    from: &TcpStream,
    to: &TcpStream,
    relay: SocketAddr,
    mut learn: impl FnMut(SocketAddr),
    hold: impl Fn(),
) {
    let mut writer = to;
    for line in BufReader::new(from).lines() {
        // A killed peer.
        let Ok(line) = line else { break };
        let Some(rewritten) = rewrite(&line, relay) else { continue };
        if let Some(media) = rewritten.media {
            learn(media);
        }
        hold();
        if writer.write_all(format!("{}\n", rewritten.line).as_bytes()).is_err() {
            break;
        }
    }
    hold();
    // The other direction may go on, as with the connection that this one stands for.
    let _ = to.shutdown(Shutdown::Write);
}
