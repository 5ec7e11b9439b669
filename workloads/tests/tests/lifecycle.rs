//! Clients and servers come and go at will, in good order and without it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use ballsession_tests::{
    Client, Program, Server, assert_accounted, assert_perfect, eventually_within, private_address,
};
use report::channel::FormerEnd;
use report::{ClientRow, ErrorCode, State};

#[test]
fn probes_that_connect_and_close_leave_no_trace() {
    let server = Server::start(&[]);
    for _ in 0..50 {
        drop(TcpStream::connect(server.signaling()).unwrap());
    }
    let client = Client::start("real", server.signaling(), &[]);
    server.matched("real", 30);
    assert_eq!(client.stop().exited.code, Some(143));
    let summary = server.stop().summary;
    assert_eq!((summary.clients.len(), &summary.errors[..]), (1, &[][..]));
    assert_perfect(&summary.frames);
}

#[test]
fn a_killed_client_is_noticed_and_the_others_go_on() {
    let server = Server::start(&[]);
    let victim = Client::start("victim", server.signaling(), &[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("victim", 15);
    victim.kill();
    server.row("victim", "is lost", |row| (row.state == State::Lost).then_some(()));
    let before = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", before + 15);
    witness.stop();
    let summary = server.stop().summary;
    let [error] = &summary.errors[..] else { panic!("{:?}", summary.errors) };
    assert_eq!((error.code, error.count), (ErrorCode::PeerLost, 1));
    assert!(error.message.contains("victim"), "{error:?}");
    for row in &summary.clients {
        assert_accounted(&row.frames);
        // Of the killed one, what was under way is lost: some frames, and not the seconds that silence would take.
        let lost = row.frames.sent - row.frames.matched;
        assert!(
            if row.id == "witness" { lost == 0 } else { lost == row.frames.lost && lost < 60 },
            "{row:?}"
        );
    }
    assert_accounted(&summary.frames);
    assert_eq!(summary.frames.pending, 0);
}

#[test]
fn a_client_may_be_there_before_its_server() {
    let address = private_address();
    let client = Client::start("early", address, &["--duration", "1s"]);
    client.eventually("attempts", |status| (status.errors.first()?.count >= 3).then_some(()));
    let server = Server::start_on(address, &[]);
    let client = client.finish();
    assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
    assert_eq!((client.summary.reconnects, client.summary.errors[0].code), (0, ErrorCode::ConnectFailed));
    assert_perfect(&server.stop().summary.frames);
}

#[test]
fn a_client_that_reconnects_outlives_its_server() {
    let address = private_address();
    let server = Server::start_on(address, &[]);
    let mut faithful = Client::start("faithful", address, &["--reconnect"]);
    server.matched("faithful", 15);
    server.kill();
    // Long enough without a server that the pauses between attempts have grown as far as they may.
    faithful.eventually("attempts", |status| {
        let failed = status.errors.iter().find(|error| error.code == ErrorCode::ConnectFailed)?;
        (failed.count >= 6).then_some(())
    });
    let server = Server::start_on(address, &[]);
    eventually_within(Duration::from_secs(3), "streaming again", || {
        server.status().clients.iter().any(|row| row.frames.matched > 0).then_some(())
    });
    server.row("faithful", "its row", |row| (row.reconnects == 1 && row.frames.matched >= 15).then_some(()));

    // A bye is no reason to end, either.
    let server = server.stop();
    assert_eq!(server.exited.code, Some(0));
    assert_perfect(&server.summary.frames);
    let server = Server::start_on(address, &[]);
    server.row("faithful", "its row", |row| (row.reconnects == 2 && row.frames.matched >= 15).then_some(()));
    assert!(faithful.is_running());
    let client = faithful.stop();
    assert_eq!((client.exited.code, client.summary.reconnects), (Some(143), 2));
    let lost = client.summary.errors.iter().find(|error| error.code == ErrorCode::PeerLost).unwrap();
    assert_eq!(lost.count, 1);
    assert_perfect(&server.stop().summary.frames);
}

/// A server that is killed, and one that says bye: its successor has how long its client was without pictures, and nothing of it
/// as a freeze.
#[test]
fn how_long_another_server_takes_to_have_its_clients_back_is_measured_and_judged() {
    let address = private_address();
    let first = Server::start_on(address, &[]);
    let client = Client::start("faithful", address, &["--reconnect"]);
    first.matched("faithful", 15);
    // Of the server that follows the one that `end` ends.
    let successor = |end: &mut dyn FnMut(), former_end: FormerEnd, require: &str| {
        let began = Instant::now();
        end();
        let gone = Instant::now();
        client.eventually("no server", |status| (status.state != State::Connected).then_some(()));
        let started = Instant::now();
        let server = Server::start_on(address, &["--require", require]);
        let row = server.row("faithful", "a recovery", |row| row.recovery_milliseconds.map(|_| row.clone()));
        // From the last picture, which may be some time old on a machine that is busy, to the first one.
        let (least, most) = (started.duration_since(gone), began.elapsed() + Duration::from_secs(1));
        let recovery = Duration::from_secs_f64(row.recovery_milliseconds.unwrap() / 1e3);
        assert!((least..=most).contains(&recovery), "{recovery:?} of {least:?} to {most:?}");
        assert_eq!(row.former_end, Some(former_end));
        assert_eq!(row.lost_frames, Some((recovery.as_secs_f64() * 30.0).round() as u64));
        server.matched("faithful", 30);
        server
    };
    let mut first = Some(first);
    let mut kill = || first.take().map_or((), Server::kill);
    let second = successor(&mut kill, FormerEnd::Eof, "recovery=1m,frames=10");
    let mut ended = None;
    let mut second = Some(second);
    let mut stop = || ended = second.take().map(Server::stop);
    let third = successor(&mut stop, FormerEnd::Bye, "recovery=10ms,frames=10").stop();
    let second = ended.unwrap();
    assert_eq!((second.exited.code, second.summary.verdict.unwrap().met), (Some(0), Some(true)));
    let slow = third.summary.verdict.unwrap();
    assert_eq!((third.exited.code, slow.reason.as_str()), (Some(3), "RecoveryTooSlow"));
    assert_eq!(slow.client.as_deref(), Some("faithful"));
    let of_client = client.stop().summary.recovery.unwrap();
    assert_eq!((of_client.former_end, of_client.unanswered), (FormerEnd::Bye, None));
}

#[test]
fn an_unreachable_server_is_given_up_with_one_clear_line() {
    let address = private_address();
    let begun = Instant::now();
    let dial = ["--server", &address.to_string(), "--give-up-after", "1s"];
    let client = Program::run("ballsession-client", &dial);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(client.code, Some(1), "{client:?}");
    let errors: Vec<_> = client.stderr.iter().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{client:?}");
    assert!(errors[0].contains("no media") && errors[0].contains(&address.to_string()), "{errors:?}");
    assert!(errors[0].contains("Connection refused"), "{errors:?}");
}

/// Sessions in one go; half of them are killed.
const WAVE: usize = 5;
const WAVES: usize = 10;

#[test]
fn fifty_sessions_leave_nothing_behind() {
    let server = Server::start(&[]);
    let process = server.process();
    let mut tenth = None;
    for wave in 0..WAVES {
        let id = |number: usize| format!("session-{}", wave * WAVE + number);
        let clients: Vec<_> =
            (0..WAVE).map(|number| Client::start(&id(number), server.signaling(), &[])).collect();
        (0..WAVE).for_each(|number| server.matched(&id(number), 1));
        for (number, client) in clients.into_iter().enumerate() {
            if (wave * WAVE + number).is_multiple_of(2) {
                client.kill();
            } else {
                assert_eq!(client.stop().exited.code, Some(143));
            }
        }
        server.eventually("nobody is connected", |status| {
            let over = |row: &ClientRow| matches!(row.state, State::Ended | State::Lost);
            status.clients.iter().all(over).then_some(())
        });
        // With the tenth session everything is there that is made once, or kept for a while.
        if (wave + 1) * WAVE == 10 {
            tenth = Some((process.resident_kilobytes(), process.idle_descriptors()));
        } else if let Some((resident, _)) = tenth {
            let now = process.resident_kilobytes();
            assert!(
                now.abs_diff(resident) <= 2048,
                "{resident} kB after 10 sessions, {now} kB in wave {wave}"
            );
        }
    }
    assert_eq!(process.idle_descriptors(), tenth.unwrap().1);
    let server = server.stop();
    let summary = server.summary;
    assert_accounted(&summary.frames);
    // L9: rows that are folded into the totals are counted where rows are shown.
    assert_eq!((summary.clients.len(), summary.rows_omitted), (16, 34));
    let folded = |line: &String| line == "and 34 more, in the totals";
    assert!(server.exited.stdout.iter().any(folded), "{:?}", server.exited);
    let [lost] = &summary.errors[..] else { panic!("{:?}", summary.errors) };
    assert_eq!((lost.code, lost.count), (ErrorCode::PeerLost, (WAVE * WAVES / 2) as u64));
}
