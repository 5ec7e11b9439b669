//! The client at a TURN server of the test's own, on virtual time.

use rtc::stun::attributes::{ATTR_NONCE, ATTR_REALM, ATTR_USERNAME};
use rtc::stun::error_code::{ErrorCode, ErrorCodeAttribute};
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE,
    METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH, METHOD_SEND, Message, MessageType, Setter,
};
use rtc::stun::textattrs::{Nonce, Realm};
use rtc::turn::proto::data::Data;
use rtc::turn::proto::lifetime::Lifetime;
use rtc::turn::proto::peeraddr::PeerAddress;
use rtc::turn::proto::relayaddr::RelayedAddress;

use super::*;

const LIFETIME: Duration = Duration::from_secs(600);

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn relayed() -> SocketAddr {
    address("192.0.2.7:50000")
}

fn peer() -> SocketAddr {
    address("192.0.2.9:30082")
}

/// Answers what it is asked, and passes on what it is sent.
#[derive(Default)]
struct Server {
    /// The code with which it refuses each kind of question.
    allocate: Option<u16>,
    refresh: Option<u16>,
    permission: Option<u16>,
    passed_on: Vec<Vec<u8>>,
}

impl Server {
    fn answer(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut request = Message::new();
        request.unmarshal_binary(datagram).unwrap();
        let is_signed = is_signed(&mut request);
        let refused = match request.typ.method {
            METHOD_ALLOCATE if !request.contains(ATTR_USERNAME) => Some(401),
            METHOD_ALLOCATE if !is_signed => Some(401),
            METHOD_ALLOCATE => self.allocate,
            METHOD_REFRESH => self.refresh,
            METHOD_CREATE_PERMISSION => self.permission,
            METHOD_SEND => {
                let mut data = Data::default();
                rtc::stun::message::Getter::get_from(&mut data, &request).unwrap();
                self.passed_on.push(data.0);
                return None;
            }
            // A channel is never bound: indications will do.
            _ => return None,
        };
        let mut setters: Vec<Box<dyn Setter>> = vec![Box::new(request.transaction_id)];
        let class = if refused.is_some() { CLASS_ERROR_RESPONSE } else { CLASS_SUCCESS_RESPONSE };
        setters.push(Box::new(MessageType::new(request.typ.method, class)));
        match refused {
            Some(code) => {
                setters.push(Box::new(ErrorCodeAttribute { code: ErrorCode(code), reason: b"No".to_vec() }));
                setters.push(Box::new(Realm::new(ATTR_REALM, "realm".into())));
                setters.push(Box::new(Nonce::new(ATTR_NONCE, "nonce".into())));
            }
            None => {
                setters.push(Box::new(RelayedAddress { ip: relayed().ip(), port: relayed().port() }));
                setters.push(Box::new(Lifetime(LIFETIME)));
            }
        }
        let mut response = Message::new();
        response.build(&setters).unwrap();
        Some(response.raw)
    }
}

/// By the password of the one user.
fn is_signed(request: &mut Message) -> bool {
    let provider = default_provider().unwrap();
    let crypto = provider.crypto();
    let (user, realm, password) = ("user", "realm", "secret");
    let key = MessageIntegrity::long_term_integrity_key(user.into(), realm.into(), password.into(), crypto);
    MessageIntegrity::check(request, &key.unwrap(), crypto).is_ok()
}

fn client(password: &str, now: Instant) -> Relay {
    let server = RelayServer {
        name: "turn:relay.test:3478".into(),
        address: address("192.0.2.1:3478"),
        username: "user".into(),
        password: password.into(),
    };
    Relay::new(server, address("10.0.0.7:5000"), now).unwrap()
}

/// Lets both talk until neither has anything to say.
fn talk(relay: &mut Relay, server: &mut Server, now: Instant) {
    while let Some(datagram) = relay.poll_send() {
        if let Some(answer) = server.answer(&datagram) {
            relay.received(&answer, now);
        }
    }
}

fn allocated(server: &mut Server, now: Instant) -> Relay {
    let mut relay = client("secret", now);
    talk(&mut relay, server, now);
    assert_eq!((relay.relayed(), relay.failed()), (Some(relayed()), None));
    relay
}

#[test]
fn what_is_sent_and_what_comes_goes_by_the_servers_address() {
    let (now, mut server) = (Instant::now(), Server::default());
    let mut relay = allocated(&mut server, now);
    relay.send(peer(), b"lost: there is no permission yet", now);
    talk(&mut relay, &mut server, now);
    relay.send(peer(), b"check", now);
    talk(&mut relay, &mut server, now);
    assert_eq!(server.passed_on, [b"check"]);

    let mut indication = Message::new();
    let setters: [Box<dyn Setter>; 4] = [
        Box::new(StunTransactionId::new()),
        Box::new(MessageType::new(METHOD_DATA, CLASS_INDICATION)),
        Box::new(PeerAddress { ip: peer().ip(), port: peer().port() }),
        Box::new(Data(b"media".to_vec())),
    ];
    indication.build(&setters).unwrap();
    relay.received(&indication.raw, now);
    let came = relay.next_from_peer().unwrap();
    assert_eq!((came.peer, &came.data[..]), (peer(), &b"media"[..]));
    assert!(relay.next_from_peer().is_none());
}

#[test]
fn a_wrong_password_and_a_server_without_addresses_are_told_apart() {
    let (now, mut server) = (Instant::now(), Server::default());
    let mut relay = client("wrong", now);
    talk(&mut relay, &mut server, now);
    let said = relay.failed().unwrap().to_string();
    let expected = "the relay turn:relay.test:3478 does not take user \"user\" with this password: 401 No";
    assert_eq!((relay.relayed(), said.as_str()), (None, expected));

    let mut server = Server { allocate: Some(486), ..Server::default() };
    let mut relay = client("secret", now);
    talk(&mut relay, &mut server, now);
    let said = relay.failed().unwrap().to_string();
    assert_eq!(said, "the relay turn:relay.test:3478 gives no address: 486 No");
}

#[test]
fn an_address_that_is_taken_back_is_the_end_and_a_stale_nonce_is_not() {
    let (start, mut server) = (Instant::now(), Server::default());
    let mut relay = allocated(&mut server, start);
    server.refresh = Some(438);
    for minute in 1..=3 {
        let now = start + REFRESH * minute;
        assert!(relay.deadline().unwrap() <= now, "it is refreshed by then");
        relay.advance(now);
        talk(&mut relay, &mut server, now);
        assert_eq!(relay.failed(), None);
    }
    server.refresh = Some(437);
    let now = start + REFRESH * 4;
    relay.advance(now);
    talk(&mut relay, &mut server, now);
    let said = relay.failed().unwrap().to_string();
    assert_eq!(said, "the relay turn:relay.test:3478 does not keep its address for us: 437 No");
}

#[test]
fn a_peer_that_is_forbidden_and_a_silent_server_are_what_is_wrong_then() {
    let (start, mut server) = (Instant::now(), Server { permission: Some(403), ..Server::default() });
    let mut relay = allocated(&mut server, start);
    assert_eq!(relay.problem(start), None);
    for _ in 0..3 {
        relay.send(peer(), b"check", start);
        talk(&mut relay, &mut server, start);
    }
    assert!(server.passed_on.is_empty());
    let said = relay.problem(start).unwrap().to_string();
    assert_eq!(said, "the relay turn:relay.test:3478 passes nothing on to 192.0.2.9:30082: 403 No");
    let later = start + SILENCE;
    assert_eq!(
        relay.problem(later).unwrap().to_string(),
        said,
        "it says no more, as there is nothing to say"
    );

    let relay = allocated(&mut Server::default(), start);
    assert_eq!(relay.problem(later - Duration::from_millis(1)), None);
    let said = relay.problem(later).unwrap().to_string();
    assert_eq!(said, "the relay turn:relay.test:3478 has been silent for 4 s");
    assert_eq!(relay.failed(), None, "that alone ends nothing");
}

#[test]
fn a_nonce_that_is_stale_for_ever_is_no_permission() {
    let (start, mut server) = (Instant::now(), Server { permission: Some(438), ..Server::default() });
    let mut relay = allocated(&mut server, start);
    assert_eq!(relay.problem(start), None);
    for _ in 0..MOST_STALE {
        relay.send(peer(), b"check", start);
        talk(&mut relay, &mut server, start);
    }
    let said = relay.problem(start).unwrap().to_string();
    assert_eq!(said, "the relay turn:relay.test:3478 passes nothing on to 192.0.2.9:30082: 438 No");
}

#[test]
fn an_answer_to_nothing_that_was_asked_is_not_believed() {
    let (now, mut server) = (Instant::now(), Server::default());
    let mut relay = allocated(&mut server, now);
    let forged = crate::relay::answer::tests::refusal([1, 0x14], [9; 12], 437, "Mismatch");
    relay.received(&forged, now);
    assert_eq!(relay.failed(), None);
}
