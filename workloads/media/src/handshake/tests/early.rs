//! What is handed in again, and the end of it all.

use super::*;

#[test]
fn nothing_is_left_to_do_once_a_channel_is_open() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    client.sends(&application_data(0), 1);
    client.handshake.complete();
    client.sends(&application_data(1), 2);
    client.receives(&stun(0, 1, &NOMINATES), 3);
    assert_eq!(client.run(60_000), []);
    assert_eq!(client.handshake.deadline(), None);
    assert!(size_of::<Handshake>() <= 16, "it stays for as long as the session");
}

/// P4.
#[test]
fn dtls_before_a_pair_is_selected_is_handed_in_with_each_stun_message_until_it_is_answered() {
    let mut server = Connection::new();
    server.receives(&message(CLIENT_HELLO, 0), 0);
    assert_eq!(server.run(1000), []);
    for (kind, at) in [(0, 1000), (1, 1020)] {
        server.receives(&stun(kind, 1, &[]), at);
        assert_eq!(server.run(1020), [(0, false, message(CLIENT_HELLO, 0))]);
    }
    server.sends(&message(SERVER_HELLO, 0), 1021);
    server.receives(&stun(0, 2, &[]), 1022);
    assert_eq!(server.run(1022), []);
}

/// P4: whoever sends is not authenticated yet.
#[test]
fn little_is_kept_of_what_comes_early_and_handed_in_a_bounded_number_of_times() {
    let mut server = Connection::new();
    for n in 0..100 {
        server.receives(&message(CLIENT_HELLO, n), 0);
    }
    let mut handed_in = Vec::new();
    for n in 0..1000 {
        server.receives(&stun(0, (n % 250) as u8, &[]), n);
        handed_in.push(server.run(n).len());
    }
    assert_eq!((handed_in[0], handed_in[127], handed_in[128], handed_in[999]), (4, 4, 0, 0));
}

/// P3, P4: libdatachannel nominates at once.
#[test]
fn a_nomination_is_handed_in_when_our_own_check_has_succeeded_until_it_is_answered() {
    let mut controlled = Connection::new();
    let nomination = stun(0, 1, &NOMINATES);
    controlled.receives(&nomination, 0);
    controlled.receives(&stun(0, 2, &[]), 0);
    assert_eq!(controlled.run(1000), []);
    controlled.handshake.received(local(), "10.0.0.3:3".parse().unwrap(), &stun(1, 7, &[]), controlled.begin);
    assert_eq!(controlled.run(1000), [], "another pair's");
    controlled.receives(&stun(1, 8, &[]), 0);
    assert_eq!(controlled.run(1000), [(0, false, nomination)]);
    controlled.sends(&stun(1, 1, &[]), 0);
    controlled.receives(&stun(1, 9, &[]), 0);
    assert_eq!(controlled.run(1000), [], "answered");
}

/// P15.
#[test]
fn an_alert_that_the_stack_answers_is_the_peers_end() {
    let mut connection = Connection::new();
    connection.handshake.complete();
    connection.sends(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "our own end");

    let mut connection = Connection::new();
    connection.handshake.complete();
    connection.receives(&alert(0), 0);
    connection.sends(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "in clear, so anybody's");
    connection.receives(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "not authentic, so not answered");
    connection.sends(&application_data(1), 0);
    connection.sends(&alert(1), 0);
    assert!(connection.handshake.is_closed_by_peer());
}
