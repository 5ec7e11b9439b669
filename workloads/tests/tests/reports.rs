//! What programs report to an operator, and what becomes of them when nobody listens.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::fmt::{Debug, Display};
use std::net::TcpListener;

use ballsession_tests::relay::Blackhole;
use ballsession_tests::{
    Client, Collector, Program, Server, Signal, as_posted, assert_perfect, eventually, private_address,
};
use report::post::{ClientPost, ServerPost};
use report::{ErrorCode, State};

/// Starts a server that reports to `collector`.
fn server(collector: &Collector, arguments: &[&str]) -> Server {
    Server::start(&collector.flags(arguments))
}

/// Starts a client that reports to `collector`.
fn client(id: &str, server: impl Display, collector: &Collector, arguments: &[&str]) -> Client {
    Client::start(id, server, &collector.flags(arguments))
}

/// Asserts that posts were counted from 1 upwards, all by one process. One that was under way when a process ended is
/// given up for the last one.
fn assert_sequence<T: PartialEq + Copy + Debug>(posts: impl IntoIterator<Item = (u64, T)>) {
    let (sequence, started_at): (Vec<u64>, Vec<T>) = posts.into_iter().unzip();
    assert!(sequence[0] == 1 && sequence.is_sorted_by(|one, next| one < next), "{sequence:?}");
    assert!(started_at.iter().all(|at| *at == started_at[0]), "{started_at:?}");
}

#[test]
fn the_numbers_of_a_session_reach_the_operator() {
    let (of_server, of_client) = (Collector::start(), Collector::start());
    let server = server(&of_server, &[]);
    let client = client("reporter", server.signaling(), &of_client, &["--node", "worker-7"]);
    server.matched("reporter", 30);
    // A state is posted when it is reached; numbers every few seconds.
    of_client.eventually("connected", |posts: &[ClientPost]| {
        posts.iter().any(|post| post.state == State::Connected).then_some(())
    });
    let during = of_server.eventually("a post while it runs", |posts: &[ServerPost]| posts.first().cloned());
    assert_eq!((during.connected_clients, during.clients_without_media), (1, 0));
    let [row] = &during.summary.clients[..] else { panic!("{during:?}") };
    assert_eq!(
        (row.id.as_str(), row.node.as_deref(), row.state),
        ("reporter", Some("worker-7"), State::Connected)
    );
    assert!(during.summary.frames.matched >= 30, "{during:?}");
    eventually("posts in the metrics", || {
        let accepted = "ballsession_report_posts_total{result=\"accepted\"} ";
        let metrics = server.get("/metrics").body;
        let count = metrics.lines().find_map(|line| line.strip_prefix(accepted)).unwrap();
        (count.parse::<u64>().unwrap() >= 1).then_some(())
    });

    let client = client.stop();
    assert_eq!(client.exited.code, Some(143));
    // The last one of all was the last client.
    of_server.eventually("nobody left", |posts: &[ServerPost]| {
        posts.iter().any(|post| post.connected_clients == 0).then_some(())
    });
    let server = server.stop();
    assert_eq!(server.exited.code, Some(0));

    let posts: Vec<ServerPost> = of_server.posts();
    let last = posts.last().unwrap();
    assert!(last.summary.clients[0].path.is_some() && server.summary.clients[0].server_path.is_some());
    assert_eq!((&last.summary, last.connected_clients), (&as_posted(&server.summary), 0));
    assert_perfect(&last.summary.frames);
    assert!(
        posts.windows(2).all(|two| two[0].summary.frames.sent <= two[1].summary.frames.sent),
        "{posts:?}"
    );
    assert_sequence(posts.iter().map(|post| (post.sequence, post.started_at)));
    let posts: Vec<ClientPost> = of_client.posts();
    assert_eq!(posts.last().unwrap().state, State::Ended);
    assert_eq!(posts.last().unwrap().errors, client.summary.errors);
    assert_sequence(posts.iter().map(|post| (post.sequence, post.started_at)));

    let message = of_server.termination_message();
    let sent = server.summary.frames.sent;
    assert!(
        message.starts_with("no errors; 0 clients connected")
            && message.contains(&format!("{sent} frames sent")),
        "{message}"
    );
    assert!(of_client.termination_message().starts_with("no errors; Ended"), "{message}");
}

#[test]
fn a_client_reports_how_far_it_got() {
    // Something that takes connections and never makes an offer.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_address = mute.local_addr().unwrap().to_string();
    std::thread::spawn(move || mute.incoming().for_each(drop));
    for (server, code) in [
        ("no-such-host.invalid:8080", ErrorCode::ResolveFailed),
        (&private_address().to_string(), ErrorCode::ConnectFailed),
        (&mute_address, ErrorCode::NoOffer),
    ] {
        let collector = Collector::start();
        let client = client("lost", server, &collector, &["--reconnect"]);
        let entry = collector.eventually(&format!("{code}"), |posts: &[ClientPost]| {
            posts.iter().flat_map(|post| &post.errors).find(|error| error.code == code).cloned()
        });
        assert!(!entry.message.is_empty() && entry.count >= 1, "{entry:?}");
        eventually("the message", || {
            collector.termination_message().starts_with(code.as_str()).then_some(())
        });
        let client = client.stop();
        assert_eq!(client.exited.code, Some(143), "{:?}", client.exited);
        assert!(client.summary.errors.iter().any(|error| error.code == code), "{:?}", client.summary);
    }
}

#[test]
fn blocked_media_is_reported_by_both_sides() {
    let (of_server, of_client) = (Collector::start(), Collector::start());
    let server = server(&of_server, &[]);
    let network = Blackhole::start(server.signaling());
    let client = client("blocked", network.address(), &of_client, &["--reconnect"]);
    let entry = of_client.eventually("a client's IceFailed", |posts: &[ClientPost]| {
        posts.iter().flat_map(|post| &post.errors).find(|error| error.code == ErrorCode::IceFailed).cloned()
    });
    assert!(entry.message.contains("UDP"), "{entry:?}");
    // Each attempt is given up before it has lasted long enough to count.
    let post = of_server.eventually("a client without media", |posts: &[ServerPost]| {
        posts.iter().find(|post| post.clients_without_media > 0).cloned()
    });
    assert_eq!((post.connected_clients, post.clients_without_media), (1, 1));
    let frames = post.summary.frames;
    assert!(frames.sent == 0 && post.summary.clients.iter().all(|row| row.frames.sent == 0), "{frames:?}");
    assert_eq!(client.stop().exited.code, Some(143));
    assert_eq!(server.stop().exited.code, Some(0));
    let last = of_server.posts::<ServerPost>().pop().unwrap();
    assert_eq!((last.connected_clients, last.clients_without_media), (0, 0));
}

#[test]
fn a_client_that_never_gets_media_fails() {
    let server = Server::start(&[]);
    let network = Blackhole::start(server.signaling());
    let client = Client::start("blocked", network.address(), &["--give-up-after", "10s"]).finish();
    assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
    assert!(
        client.exited.stderr.iter().any(|line| line.starts_with("error: no media: IceFailed")),
        "{client:?}"
    );
}

#[test]
fn sigterm_leads_to_a_last_post_from_a_client_that_never_connected() {
    let collector = Collector::start();
    let client = client("early", private_address(), &collector, &["--reconnect"]);
    collector.eventually("its error", |posts: &[ClientPost]| posts.first().cloned());
    client.signal(Signal::TERM);
    let client = client.finish();
    assert_eq!(client.exited.code, Some(143));
    let posts: Vec<ClientPost> = collector.posts();
    assert_eq!(posts.last().unwrap().errors, client.summary.errors);
    assert!(posts.len() >= 2, "{posts:?}");
}

#[test]
fn an_operator_that_is_gone_or_refuses_changes_nothing_of_the_session() {
    for collector in [
        Collector::dead(),
        Collector::answering("503 Service Unavailable"),
        Collector::answering("403 Forbidden"),
        Collector::answering("413 Content Too Large"),
    ] {
        let server = server(&collector, &["--require", "frames=60"]);
        let client = client("unheard", server.signaling(), &collector, &["--duration", "3s"]).finish();
        assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
        let server = server.stop();
        assert_eq!(server.exited.code, Some(0), "{:?}", server.exited);
        assert_perfect(&server.summary.frames);
        // Said once, however often it happened.
        let is_about_reports = |line: &&String| line.contains("report");
        for lines in [&server.exited.stderr, &client.exited.stderr] {
            assert_eq!(lines.iter().filter(is_about_reports).count(), 1, "{lines:?}");
        }
    }
}

/// The other URL is for a version before: what is to be encrypted goes nowhere else.
#[test]
fn a_program_that_is_to_report_over_tls_never_does_without() {
    let collector = Collector::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("https://{nobody}/v1/reports");
    let server = server(&collector, &["--report-tls-url", &url, "--report-ca-file", "/no/authorities"]);
    let client = client("discreet", server.signaling(), &Collector::dead(), &[]);
    server.matched("discreet", 15);
    eventually("posts that nobody takes", || {
        let unreachable = "ballsession_report_posts_total{result=\"unreachable\"} ";
        let metrics = server.get("/metrics").body;
        let count = metrics.lines().find_map(|line| line.strip_prefix(unreachable)).unwrap();
        (count.parse::<u64>().unwrap() >= 2).then_some(())
    });
    client.stop();
    let server = server.stop();
    assert_eq!(server.exited.code, Some(0), "{:?}", server.exited);
    assert!(server.exited.stderr.iter().any(|line| line.contains(&url)), "{:?}", server.exited);
    assert!(collector.posts::<ServerPost>().is_empty());
}

#[test]
fn a_program_that_cannot_run_leaves_its_reason_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let collector = Collector::dead();
    let listen = ["--listen", &address, "--http", "127.0.0.1:0"];
    let server = Program::run("ballsession-server", &collector.flags(&listen));
    assert_eq!(server.code, Some(1));
    let message = collector.termination_message();
    assert!(message.starts_with("error: ") && message.contains(&address), "{message}");
}
