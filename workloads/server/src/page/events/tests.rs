use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::evidence::Evidence;
use crate::page::testing::{Server, read_until};

const EVENTS: &str = "GET /events HTTP/1.1";

/// The JSON of the last complete event `name` in `text`.
fn last(name: &str, text: &str) -> Value {
    let data = text.split(&format!("event: {name}\ndata: ")).last().unwrap();
    serde_json::from_str(data.split("\n\n").next().unwrap()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_page_gets_the_past_and_then_what_happens_now() {
    let server = Server::start().await;
    server.context.recorder.live().tick(Instant::now());
    let mut page = server.send(EVENTS, "").await;
    let past = read_until(&mut page, "\n\n\r\n").await;
    assert!(past.contains("content-type: text/event-stream"), "{past}");
    assert_eq!(last("past", &past)["points"][0]["reports"], 0);

    let events = Arc::clone(&server.events);
    let publishing = tokio::spawn(async move { events.publish().await });
    let update = last("update", &read_until(&mut page, "\"trails\":[]}\n\n").await);
    assert_eq!(update["summary"]["video"]["width"], 160);
    assert_eq!((&update["connected"], &update["rows"]), (&0.into(), &0.into()));
    assert!(update["points"].as_array().is_some_and(|points| points.len() >= 2), "{update}");
    publishing.abort();
}

#[tokio::test]
async fn one_page_more_than_there_is_room_for_is_refused() {
    let server = Server::start().await;
    let mut pages = Vec::new();
    for _ in 0..MOST_PAGES {
        let mut page = server.send(EVENTS, "").await;
        read_until(&mut page, "event: past").await;
        pages.push(page);
    }
    let (head, body) = server.request(EVENTS, "").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(body, "16 pages are open already, and there is no room for more\n");

    pages.pop();
    server.until("room for another page", |server| server.events.places.available_permits() == 1).await;
    let mut page = server.send(EVENTS, "").await;
    read_until(&mut page, "event: past").await;
}

#[tokio::test]
async fn a_page_that_does_not_read_misses_events_and_holds_nobody_up() {
    let server = Server::start().await;
    let [mut idle, mut busy] = [server.send(EVENTS, "").await, server.send(EVENTS, "").await];
    for page in [&mut idle, &mut busy] {
        read_until(page, "event: past").await;
    }
    // Far more than sockets hold.
    let filler = "x".repeat(1 << 20);
    for n in 0..64 {
        server.events.updates.send_replace(Bytes::from(format!("number {n} {filler}\n\n")));
        read_until(&mut busy, &format!("number {n} ")).await;
        read_until(&mut busy, "\n\n").await;
    }
    let missed = read_until(&mut idle, "number 63 ").await;
    assert!(missed.matches("number").count() < 32, "{} events came", missed.matches("number").count());
}

#[test]
fn of_many_clients_the_worst_are_sent() {
    let started = Instant::now();
    let settings = measure::Settings {
        instance: String::new(),
        size: picture::Size::new(160, 120).unwrap(),
        frames_per_second: 30,
        window: Duration::from_secs(60),
        started,
        started_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let recorder = Arc::new(Recorder::new(settings, None));
    let console = process::Console::start(false, None).unwrap();
    let evidence = Arc::new(Evidence::new(Box::new(|| Duration::ZERO)));
    let views = Views::new(Arc::clone(&recorder), evidence, None, console);
    let now = started;
    for id in 0..150 {
        let peer = format!("192.0.2.1:{}", 1000 + id).parse().unwrap();
        recorder.connected(report::SessionId(id), peer, now, now);
    }
    let update = String::from_utf8(update(&recorder, &views, now).to_vec()).unwrap();
    let update = last("update", &update);
    assert_eq!(update["summary"]["clients"].as_array().map(Vec::len), Some(MOST_ROWS));
    assert_eq!((&update["rows"], &update["connected"]), (&150.into(), &150.into()));
}
