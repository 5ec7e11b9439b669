//! A client that signals, receives and reports as it should, until it ends as it likes. It decodes nothing, so that many fit
//! into one process.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use ballsession_tests::WAIT_LIMIT;
use fastrand::Rng;
use media::receiver::{Answer, Event, Handled, Options, Receiver};
use report::channel::LABEL;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How a session ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// With a bye, and media closed.
    Bye,
    /// As when the process is killed: the system closes all at once, and nothing is said.
    Killed,
    /// Media is closed, and signalling stays until the server ends it.
    MediaFirst,
    /// With a bye, and media not closed.
    ByeAlone,
}

impl End {
    pub(crate) fn any(rng: &mut Rng) -> Self {
        [Self::Bye, Self::Killed, Self::MediaFirst, Self::ByeAlone][rng.usize(..4)]
    }
}

pub(crate) struct Peer {
    signaling: BufReader<TcpStream>,
    receiver: Receiver,
    frames: mpsc::Receiver<u32>,
}

impl Peer {
    /// Connects, and waits for the channel.
    pub(crate) fn join(runtime: &Runtime, server: SocketAddr, id: &str) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
        let mut signaling = BufReader::new(stream);
        let mut line = String::new();
        signaling.read_line(&mut line).unwrap();
        let offer: Value = serde_json::from_str(&line).unwrap();
        // The receiver belongs to a runtime's thread no more than to this one, but its channels do.
        let _runtime = runtime.enter();
        let options = Options::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        let Answer { sdp, mut receiver, .. } =
            Receiver::answer(offer["sdp"].as_str().unwrap(), options).unwrap();
        say(&mut signaling, &json!({"type": "answer", "sdp": sdp}));
        let channel = runtime.block_on(async {
            let opened = async {
                loop {
                    match receiver.next_event().await {
                        Some(Event::ChannelOpened { channel, label, .. }) if label == LABEL => {
                            return channel;
                        }
                        Some(Event::Failed { .. } | Event::Closed) | None => panic!("{id}: no channel"),
                        Some(_) => {}
                    }
                }
            };
            timeout(WAIT_LIMIT, opened).await.unwrap_or_else(|_| panic!("{id}: no channel in time"))
        });
        let sender = receiver.channel_sender();
        assert!(sender.send(channel, json!({"hello": 1, "id": id}).to_string()));
        let (seen, frames) = mpsc::channel();
        receiver.handle_frames(move |received| {
            let timestamp = received.frame.timestamp();
            sender.send(channel, format!(r#"{{"ts":{timestamp},"state":"undetected"}}"#));
            // A peer that has seen enough takes no more.
            let _ = seen.send(timestamp);
            Handled::Done
        });
        Self { signaling, receiver, frames }
    }

    /// Waits for so many frames.
    pub(crate) fn watch(&self, frames: usize) {
        for _ in 0..frames {
            self.frames.recv_timeout(WAIT_LIMIT).expect("video");
        }
    }

    /// Ends the session.
    pub(crate) fn end(self, end: End, runtime: &Runtime) {
        let Self { mut signaling, receiver, frames } = self;
        drop(frames);
        match end {
            End::Bye => {
                say(&mut signaling, &json!({"type": "bye"}));
                runtime.block_on(receiver.close());
                drain(&mut signaling);
            }
            End::Killed => drop(signaling),
            End::MediaFirst => {
                runtime.block_on(receiver.close());
                drain(&mut signaling);
            }
            End::ByeAlone => {
                say(&mut signaling, &json!({"type": "bye"}));
                drain(&mut signaling);
            }
        }
    }
}

fn say(signaling: &mut BufReader<TcpStream>, message: &Value) {
    signaling.get_mut().write_all(format!("{message}\n").as_bytes()).unwrap();
}

/// Reads until the server closes.
fn drain(signaling: &mut BufReader<TcpStream>) {
    signaling.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut line = String::new();
    while signaling.read_line(&mut line).expect("the server closes") > 0 {}
}
