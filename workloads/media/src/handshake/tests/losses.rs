//! What goes again.

use super::*;

/// P1.
#[test]
fn a_flight_is_repeated_as_it_was_until_it_is_answered_by_another() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    let repeated = client.run(1600);
    assert_eq!(repeated.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [100, 300, 700, 1500]);
    assert!(repeated.iter().all(|(_, is_sent, data)| *is_sent && *data == message(CLIENT_HELLO, 0)));

    // A part of the server's flight came: ours may be what is lacking no more, but the peer may not know.
    client.receives(&message(SERVER_HELLO, 1), 1600);
    assert_eq!(client.times(2701), [2700]);
    client.sends(&message(CERTIFICATE, 2), 2800);
    client.sends(&change_cipher_spec(), 2800);
    let repeated = client.run(2900);
    assert_eq!(repeated, [(2900, true, message(CERTIFICATE, 2)), (2900, true, change_cipher_spec())]);
}

/// P1: bounded in number, and in datagrams.
#[test]
fn nobody_hears_more_of_a_flight_than_that() {
    let mut client = Connection::new();
    for sequence in 0..100 {
        client.sends(&message(CLIENT_HELLO, sequence), 0);
    }
    let repeated = client.times(60_000);
    assert_eq!(repeated.last(), Some(&8700));
    assert!(repeated.len() <= 10 * 8, "{}", repeated.len());
    let mut client = Connection::new();
    client.sends(&[&message(CLIENT_HELLO, 0)[..], &[0; 3000]].concat(), 0);
    assert_eq!(client.run(60_000), [], "longer than any path carries");
}

/// P1: the stack's own timer sends a flight with other record numbers, which is not another flight.
#[test]
fn a_flight_that_the_stack_repeats_takes_the_place_of_the_one_before() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    let mut renumbered = message(CLIENT_HELLO, 0);
    renumbered[10] = 9;
    client.sends(&renumbered, 50);
    assert_eq!(client.run(150), [(150, true, renumbered)]);
}

/// P1: data of the server shows that it has the client's last flight; data of its own, that it has the server's.
#[test]
fn a_client_is_done_with_the_first_data_of_either_side() {
    for is_sent in [true, false] {
        let mut client = Connection::new();
        client.sends(&message(CLIENT_HELLO, 0), 0);
        client.receives(&message(SERVER_HELLO, 0), 1);
        client.sends(&message(CERTIFICATE, 1), 2);
        client.receives(&change_cipher_spec(), 3);
        match is_sent {
            true => client.sends(&[0x80; 40], 4),
            false => client.receives(&[0x80; 40], 4),
        }
        assert_eq!(client.run(60_000), []);
        assert!(client.handshake.is_over());
    }
}

/// P1: the server's last flight is the handshake's last, and nothing answers it but data.
#[test]
fn a_server_repeats_its_last_flight_until_the_client_sends_data() {
    let mut server = Connection::new();
    server.receives(&message(CLIENT_HELLO, 0), 0);
    server.sends(&message(SERVER_HELLO, 0), 1);
    server.receives(&message(CERTIFICATE, 1), 2);
    server.sends(&change_cipher_spec(), 3);
    server.sends(&[0x80; 40], 4);
    assert_eq!(server.times(350), [103, 303]);
    server.receives(&application_data(0), 350);
    assert_eq!(server.run(60_000), []);
    assert!(server.handshake.is_over());
}

/// P1: SCTP's own timers begin at a second.
#[test]
fn the_first_records_are_repeated_a_few_times_each() {
    let mut client = Connection::new();
    for n in 0..20 {
        client.sends(&application_data(n), u64::from(n));
    }
    let repeated = client.run(60_000);
    let of_first: Vec<_> = repeated.iter().filter(|(_, _, data)| *data == application_data(0)).collect();
    assert_eq!(of_first.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [100, 300, 700]);
    assert_eq!(repeated.len(), 8 * 3);
    assert!(client.handshake.is_over());
}
