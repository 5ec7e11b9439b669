//! Peers whose messages come in another order than ours, or less of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballsession_media::fanout::{CloseReason, Event, SessionId, Stage};
use ballsession_media::receiver::{Options, Receiver};
use rtc::dtls::config::ConfigBuilder;
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::Endpoint;
use rtc::shared::TransportProtocol;

use crate::by_hand::ByHand;
use crate::server::Server;

const ID: SessionId = SessionId(1);
/// Far more than it takes, and less than the second that it took.
const SOON: Duration = Duration::from_millis(700);

async fn offered(server: &Server) -> String {
    server.fanout.offer(ID, vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]).await.unwrap().unwrap()
}

async fn answer(server: &Server, answer: String) {
    server.fanout.answer(ID, answer).await.unwrap().unwrap();
}

fn reached(stage: Stage) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Reached { id: ID, stage: reached, .. } if *reached == stage)
}

/// P3: an ICE-lite peer answers checks and sends none, so no request ever tells where it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_only_answers_checks_is_found_by_what_it_answers() {
    let server = Server::start();
    let offer = offered(&server).await;
    let peer = ByHand::new(&offer, false);
    answer(&server, peer.describe(&offer, "passive", &[peer.candidate()])).await;
    assert!(peer.is_nominated(SOON));
    assert!(server.recorded.wait(SOON, reached(Stage::Ice)));
}

/// P5, P14: of a peer without candidates nothing is known but where its check came from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_a_check_of_the_peers_showed_is_nominated_at_once() {
    let server = Server::start();
    let offer = offered(&server).await;
    let peer = ByHand::new(&offer, false);
    answer(&server, peer.describe(&offer, "passive", &[])).await;
    peer.check(false);
    assert!(peer.is_nominated(SOON));
    assert!(server.recorded.wait(SOON, reached(Stage::Ice)));
}

/// P14: nothing of the peer's gets through before something of ours has gone to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_that_comes_after_the_answer_is_checked() {
    let server = Server::start();
    let offer = offered(&server).await;
    let peer = ByHand::new(&offer, false);
    answer(&server, peer.describe(&offer, "passive", &[])).await;
    for useless in ["", "candidate:nonsense", "candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active"] {
        server.fanout.candidate(ID, useless.to_owned());
    }
    server.fanout.candidate(ID, peer.candidate());
    assert!(peer.is_nominated(SOON));
    assert!(server.recorded.wait(SOON, reached(Stage::Ice)));

    let offer = offer.replace("a=setup:active", "a=setup:actpass");
    let peer = ByHand::new(&offer, true);
    let options = Options::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let offered = peer.describe(&offer, "actpass", &[]);
    let answer = Receiver::answer(&offered, options).unwrap();
    let peer = peer.towards(&answer.sdp);
    answer.receiver.candidate(peer.candidate());
    assert!(peer.next_check(SOON).is_some());
    answer.receiver.close().await;
}

/// P6: a peer that takes the role which is left to it, and only answers SCTP, as aiortc up to 1.15 does, gets a channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_leaves_the_peer_to_be_the_dtls_server() {
    let offer = offered(&Server::start()).await;
    let roles: Vec<_> = offer.lines().filter(|line| line.starts_with("a=setup:")).collect();
    assert!(!roles.is_empty() && roles.iter().all(|role| *role == "a=setup:active"), "{roles:?}");
}

/// What a DTLS client says first.
fn client_hello() -> Vec<u8> {
    let provider = rtc::crypto::default_provider().unwrap();
    let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let certificate =
        Certificate::generate_self_signed(vec!["by-hand".to_owned()], provider.crypto()).unwrap();
    let config = ConfigBuilder::default()
        .with_crypto_provider(provider)
        .with_certificates(vec![certificate])
        .with_insecure_skip_verify(true)
        .build(true, Some(peer))
        .unwrap();
    let mut endpoint = Endpoint::new(peer, TransportProtocol::UDP, None);
    endpoint.connect(Instant::now(), peer, Arc::new(config), None).unwrap();
    endpoint.poll_transmit().unwrap().message.to_vec()
}

/// P4: libdatachannel and browsers begin DTLS on a pair that is valid for them, before it is nominated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dtls_that_comes_before_the_nomination_is_answered_after_it() {
    let server = Server::start();
    let offer = offered(&server).await;
    let peer = ByHand::new(&offer, false);
    answer(&server, peer.describe(&offer, "active", &[peer.candidate()])).await;
    // It is known by its check, and none of ours is answered yet.
    let check = peer.check(false);
    assert!(peer.is_answered(check, SOON));
    peer.send(&client_hello());
    assert!(peer.next_check(SOON).is_some());
    assert!(peer.is_nominated(SOON));
    assert!(peer.begins_dtls(SOON));
}

/// P4: on a machine with several addresses a peer may begin DTLS on one pair and nominate another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dtls_that_comes_to_another_socket_than_the_nomination_is_answered() {
    let offer = offered(&Server::start()).await.replace("a=setup:active", "a=setup:actpass");
    let peer = ByHand::new(&offer, true);
    let addresses = ["127.0.0.1", "127.0.0.2"].map(|address| address.parse().unwrap());
    let offered = peer.describe(&offer, "actpass", &[peer.candidate()]);
    let answer = Receiver::answer(&offered, Options::new(addresses.to_vec())).unwrap();
    let mut peer = peer.towards(&answer.sdp);
    let check = peer.check(false);
    assert!(peer.is_answered(check, SOON));
    peer.send(&client_hello());
    peer.turn_to(&answer.sdp, 1);
    peer.check(true);
    assert!(peer.begins_dtls(SOON));
    answer.receiver.close().await;
}

/// P3, P4: libdatachannel nominates with its first check, before ours is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nomination_that_comes_before_our_own_check_is_answered_after_that() {
    let server = Server::start();
    let offer = offered(&server).await.replace("a=setup:active", "a=setup:actpass");
    let peer = ByHand::new(&offer, true);
    let options = Options::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let offered = peer.describe(&offer, "actpass", &[peer.candidate()]);
    let answer = Receiver::answer(&offered, options).unwrap();
    let peer = peer.towards(&answer.sdp);
    let nomination = peer.check(true);
    let check = peer.next_check(SOON).unwrap();
    peer.answer(&check);
    assert!(peer.is_answered(nomination, SOON));
    answer.receiver.close().await;
}

/// P15: a peer that closes its media and keeps its signalling open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_dtls_stops_the_video_at_once_and_a_second_later_the_session() {
    let server = Server::start();
    let (receiver, _network) = server.connect(ID.0).await;
    let before = Instant::now();
    receiver.close().await;
    assert!(server.recorded.wait(SOON, |event| matches!(event, Event::Stopped { id: ID, .. })));
    let is_closed = |event: &Event| matches!(event, Event::Closed { id: ID, reason: CloseReason::PeerLost });
    assert!(server.recorded.wait(Duration::from_secs(3), is_closed));
    assert!(before.elapsed() > Duration::from_millis(900), "time for a bye");
}
