//! Every captured description in the role that it was written for.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ballsession_media::fanout::{EventSink, Fanout, FanoutError, Options, SessionId};
use ballsession_media::packetise::PacketBytes;
use ballsession_media::receiver::{self, Receiver, ReceiverError};

use crate::structure::check_answer;
use crate::table::{Role, usable};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Our server, as far as descriptions are concerned.
pub(crate) struct Server(Fanout);

impl Server {
    pub(crate) fn start() -> Self {
        let options = Options {
            shards: 1,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering: None,
            ports: None,
        };
        let sink: EventSink = Arc::new(|_| {});
        Self(Fanout::start(options, &sink).unwrap())
    }

    /// What it answers to a peer that wants to watch.
    pub(crate) async fn accept(&self, offer: &str) -> Result<String, FanoutError> {
        let accepted = self.0.accept(SessionId(1), vec![LOOPBACK], offer.to_owned()).await.unwrap();
        self.0.close(SessionId(1));
        accepted
    }

    /// What it makes of an answer to its own offer.
    pub(crate) async fn answer(&self, answer: &str) -> Result<(), FanoutError> {
        self.0.offer(SessionId(1), vec![LOOPBACK]).await.unwrap().unwrap();
        let answered = self.0.answer(SessionId(1), answer.to_owned()).await.unwrap();
        self.0.close(SessionId(1));
        answered
    }
}

/// What our client answers.
pub(crate) async fn receive(offer: &str) -> Result<String, ReceiverError> {
    let answer = Receiver::answer(offer, receiver::Options::new(vec![LOOPBACK]))?;
    answer.receiver.close().await;
    Ok(answer.sdp)
}

/// P7, P8, P9, P10, P13.
#[tokio::test]
async fn our_client_answers_every_server() {
    for file in usable(Role::Sends) {
        let answer = receive(&file.sdp).await.unwrap_or_else(|error| panic!("{}: {error}", file.name));
        check_answer(&file.name, &file.sdp, &answer, "recvonly");
    }
}

/// P7, P10, P13.
#[tokio::test]
async fn our_server_answers_everybody_who_wants_to_watch() {
    let server = Server::start();
    for file in usable(Role::Watches) {
        let answer = server.accept(&file.sdp).await.unwrap_or_else(|error| panic!("{}: {error}", file.name));
        check_answer(&file.name, &file.sdp, &answer, "sendonly");
    }
}

/// P10, P11, P13.
#[tokio::test]
async fn our_server_takes_every_answer() {
    let server = Server::start();
    for file in usable(Role::Answers) {
        server.answer(&file.sdp).await.unwrap_or_else(|error| panic!("{}: {error}", file.name));
    }
}
