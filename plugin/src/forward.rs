//! Connections to a port of this machine, each handed on over a stream of its own.

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// So many at once; others wait to be accepted. A browser has six of them.
const CONNECTIONS: usize = 32;

/// Accepts, and connects each to what `connect` gives, until the listener fails. What goes wrong with one connection is a
/// line on stderr.
///
/// # Errors
/// Where nothing can be accepted any more.
pub(crate) async fn forward<S>(listener: &TcpListener, connect: impl AsyncFn() -> Result<S>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                let (stream, _) = accepted.context("cannot accept connections")?;
                connections.push(hand_on(stream, &connect));
            }
            Some(ended) = connections.next() => {
                if let Err(error) = ended {
                    eprintln!("warning: {error:#}");
                }
            }
        }
    }
}

async fn hand_on<S>(mut here: TcpStream, connect: &impl AsyncFn() -> Result<S>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut there = connect().await.context("a connection was not handed on")?;
    // Either side may leave whenever it likes.
    let _ = copy_bidirectional(&mut here, &mut there).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn each_connection_has_a_stream_of_its_own_and_a_failure_is_only_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = AtomicUsize::new(0);
        let connect = async || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            if number == 0 {
                bail!("the pod is gone");
            }
            let (ours, mut theirs) = duplex(64);
            tokio::spawn(async move {
                let mut question = [0; 4];
                theirs.read_exact(&mut question).await.unwrap();
                theirs.write_all(format!("{number}:").as_bytes()).await.unwrap();
                theirs.write_all(&question).await.unwrap();
            });
            Ok(ours)
        };
        let ask = async {
            let mut answers = Vec::new();
            for _ in 0..3 {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut answer = String::new();
                let asked = stream.write_all(b"ping").await;
                let _ = stream.read_to_string(&mut answer).await;
                assert!(asked.is_ok());
                answers.push(answer);
            }
            answers
        };
        tokio::select! {
            ended = forward(&listener, connect) => panic!("{ended:?}"),
            answers = ask => assert_eq!(answers, ["", "1:ping", "2:ping"]),
        }
    }
}
