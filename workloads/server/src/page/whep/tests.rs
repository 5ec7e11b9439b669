use std::time::Instant;

use report::State;

use super::*;
use crate::page::testing::{Browser, Server};
use crate::page::viewers::MOST_VIEWERS;

/// Lets a browser go on while the server is served.
async fn run(
    mut browser: Browser,
    what: &'static str,
    wanted: impl FnMut(&mut Browser) -> bool + Send + 'static,
) -> Browser {
    let running = move || {
        browser.run_until(what, wanted);
        browser
    };
    tokio::task::spawn_blocking(running).await.unwrap()
}

fn location(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("{head}"))
}

async fn assert_refused(server: &Server, head: &str, body: &str, status: u16, why: &str) {
    let (answer, line) = server.request(head, body).await;
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status} {why}: {answer}");
    assert!(line.contains(why) && line.lines().count() == 1, "{why}: {line}");
}

#[tokio::test]
async fn what_is_no_offer_of_our_own_page_is_refused_in_one_line() {
    let server = Server::start().await;
    let post = "POST /whep HTTP/1.1";
    let sdp = &format!("{post}\r\nContent-Type: application/sdp");
    let json = &format!("{post}\r\nContent-Type: application/json");
    assert_refused(&server, post, "v=0", 415, "the content type is \"none\"").await;
    assert_refused(&server, json, "{}", 415, "application/json").await;
    assert_refused(&server, &format!("{sdp}\r\nOrigin: https://example.org"), "v=0", 403, "another site")
        .await;
    assert_refused(&server, sdp, "", 400, "the offer cannot be read").await;
    assert_refused(&server, sdp, "no sdp\r\nat all", 400, "the offer cannot be read").await;
    assert_refused(&server, sdp, &"x".repeat(MOST_BYTES + 1), 413, "longer than 65536 bytes").await;
    assert_refused(&server, "DELETE /whep/1 HTTP/1.1", "", 404, "no viewer").await;
    let foreign = "DELETE /whep/1 HTTP/1.1\r\nOrigin: https://example.org";
    assert_refused(&server, foreign, "", 403, "another site").await;
    let video = Browser::new(None).1.replace("VP8", "AV1");
    assert_refused(&server, sdp, &video, 400, "takes no VP8").await;
    assert_eq!((server.summary().clients.len(), server.summary().errors.len()), (0, 0));
}

#[tokio::test]
async fn a_browser_that_watches_gets_video_and_is_not_counted() {
    let server = Server::start().await;
    let (mut browser, offer) = Browser::new(None);
    let (head, answer) = server.offer(&offer).await;
    assert!(head.starts_with("HTTP/1.1 201") && head.contains("content-type: application/sdp"), "{head}");
    browser.answer(&answer);
    let browser = run(browser, "video", |browser| browser.frames.len() >= 10).await;
    let steps: Vec<u32> = browser.frames.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| step % 3000 == 0), "{steps:?}");
    let summary = server.summary();
    assert_eq!((summary.frames.sent, summary.clients.len(), summary.errors.len()), (0, 0, 0));

    let (head, _) = server.request(&format!("DELETE {} HTTP/1.1", location(&head)), "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    server.until("the viewer is gone", |server| server.context.fanout.stats().sessions == 0).await;
    assert!(!server.context.sessions.any_ready_for_video(Instant::now()));
}

#[tokio::test]
async fn a_browser_that_opens_a_channel_is_a_client_until_it_leaves() {
    let server = Server::start().await;
    let (mut browser, offer) = Browser::new(Some("ballsession.v1"));
    let (head, answer) = server.offer(&offer).await;
    browser.answer(&answer);
    let mut browser = run(browser, "the channel", |browser| browser.is_open).await;
    browser.send(r#"{"hello":1,"id":"browser-test"}"#.into());
    let recorder = std::sync::Arc::clone(&server.context.recorder);
    let _browser = run(browser, "scored reports", move |browser| {
        for timestamp in std::mem::take(&mut browser.frames) {
            browser.send(format!(r#"{{"ts":{timestamp},"x":80,"y":60}}"#));
        }
        recorder.measurement().summary(Instant::now()).frames.matched >= 10
    })
    .await;
    let row = server.summary().clients.remove(0);
    assert_eq!((row.id.as_str(), row.state), ("browser-test", State::Connected));
    assert!(row.setup_milliseconds.first_report.is_some() && row.frames.malformed == 0, "{row:?}");
    let trails = server.context.recorder.live().trails();
    assert_eq!((trails[0].client.as_str(), &trails[0].samples[0][3..]), ("browser-test", &[80.0, 60.0][..]));

    server.request(&format!("DELETE {} HTTP/1.1", location(&head)), "").await;
    server.until("the client has ended", |server| server.summary().clients[0].state == State::Ended).await;
    assert!(server.summary().errors.is_empty());
}

#[tokio::test]
async fn one_viewer_more_than_there_is_room_for_is_refused() {
    let server = Server::start().await;
    let (_browser, offer) = Browser::new(None);
    let mut heads = Vec::new();
    for _ in 0..MOST_VIEWERS {
        heads.push(server.offer(&offer).await.0);
    }
    assert!(heads.iter().all(|head| head.starts_with("HTTP/1.1 201")), "{heads:?}");
    let sdp = "POST /whep HTTP/1.1\r\nContent-Type: application/sdp";
    assert_refused(&server, sdp, &offer, 503, "8 browsers are watching already").await;

    server.context.stop.cancel();
    assert_refused(&server, sdp, &offer, 503, "the server is ending").await;
    server.until("all have ended", |server| server.context.fanout.stats().sessions == 0).await;
}
