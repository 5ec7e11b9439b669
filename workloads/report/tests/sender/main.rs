//! The sender against a real HTTP server: every answer of the contract, and none at all.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod endpoint;
mod identity;
mod process;
mod tls;

use ballsession_report::{ErrorCode, State};
use endpoint::{Behaviour, Endpoint};
use process::Process;

const ACCEPTED: Behaviour = Behaviour::Answer(202);

#[tokio::test]
async fn a_post_holds_its_kind_its_sender_and_the_newest_there_is() {
    let mut endpoint = Endpoint::start([]).await;
    let process = Process::start(&endpoint.url("/v1/reports"), State::Connecting);
    process.becomes(State::Connected);
    let post = endpoint.next().await;
    assert_eq!((post.method.as_str(), post.path.as_str()), ("POST", "/v1/reports"));
    assert_eq!(
        (post.authorization.as_str(), post.content_type.as_str()),
        ("Bearer first", "application/json")
    );
    assert_eq!((post.sequence, post.state), (1, State::Connected));
    process.counted("accepted", 1).await;

    // What changes while a post has to wait is in it.
    process.fails(ErrorCode::IceFailed);
    process.becomes(State::Failed);
    let post = endpoint.next().await;
    assert_eq!((post.sequence, post.state, post.errors), (2, State::Failed, 1));
    process.finish().await;
    assert_eq!(endpoint.next().await.sequence, 3);
    endpoint.assert_silent();
}

#[tokio::test]
async fn errors_from_before_the_start_are_reported_and_the_first_state_is_not() {
    let mut endpoint = Endpoint::start([]).await;
    let process = Process::start_after(&endpoint.url("/"), State::Connecting, &[ErrorCode::ResolveFailed]);
    let post = endpoint.next().await;
    assert_eq!((post.sequence, post.state, post.errors), (1, State::Connecting, 1));
    process.finish().await;
}

#[tokio::test]
async fn the_answer_to_a_post_that_is_taken_is_passed_on_unless_it_is_too_long() {
    let longest = ballsession_report::sender::MAX_ANSWER_BYTES;
    let script = [Behaviour::Answer(400), Behaviour::Accept(longest), Behaviour::Accept(longest + 1)];
    let endpoint = Endpoint::start(script).await;
    let process = Process::start(&endpoint.url("/"), State::Connecting);
    process.set_active(true);
    process.counted("accepted", 2).await;
    let lengths: Vec<usize> = process.answers().iter().map(Vec::len).collect();
    assert_eq!(lengths[..2], [longest, 0], "not that of the refused one");
    process.finish().await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_read_again() {
    let mut endpoint = Endpoint::for_token("Bearer second").await;
    let process = Process::start(&endpoint.url("/"), State::Connecting);
    process.becomes(State::Connected);
    process.counted("unauthorized", 2).await;
    process.renew_token("second");
    process.counted("accepted", 1).await;
    let mut post = endpoint.next().await;
    assert_eq!((post.sequence, post.authorization.as_str()), (1, "Bearer first"));
    while post.authorization == "Bearer first" {
        post = endpoint.next().await;
    }
    assert_eq!((post.sequence, post.state), (process.count("unauthorized") + 1, State::Connected));
    process.finish().await;
}

#[tokio::test]
async fn whoever_is_forbidden_to_report_posts_nothing_more_for_a_while_and_a_last_time_at_its_end() {
    let mut endpoint = Endpoint::start([Behaviour::Answer(403)]).await;
    let process = Process::start(&endpoint.url("/v1/reports"), State::Connecting);
    process.becomes(State::Connected);
    assert_eq!(endpoint.next().await.sequence, 1);
    process.counted("forbidden", 1).await;
    process.becomes(State::Failed);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    endpoint.assert_silent();
    process.finish().await;
    let last = endpoint.next().await;
    assert_eq!((last.sequence, last.state), (2, State::Failed));
    endpoint.assert_silent();
}

#[tokio::test]
async fn a_post_that_is_refused_is_dropped_and_later_ones_go() {
    for status in [400, 404, 413] {
        let mut endpoint = Endpoint::start([Behaviour::Answer(status)]).await;
        let process = Process::start(&endpoint.url("/"), State::Connecting);
        process.becomes(State::Connected);
        assert_eq!(endpoint.next().await.state, State::Connected);
        process.counted("refused", 1).await;
        process.becomes(State::Lost);
        let post = endpoint.next().await;
        assert_eq!((post.sequence, post.state), (2, State::Lost), "{status}");
        process.counted("accepted", 1).await;
        process.finish().await;
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_gets_through() {
    for (behaviour, result) in [
        (Behaviour::Busy(429, "0"), "busy"),
        (Behaviour::Busy(503, "1"), "busy"),
        (Behaviour::Answer(500), "busy"),
        (Behaviour::HangUp, "unreachable"),
    ] {
        let mut endpoint = Endpoint::start([behaviour, ACCEPTED]).await;
        let process = Process::start(&endpoint.url("/"), State::Connecting);
        process.becomes(State::Connected);
        process.counted("accepted", 1).await;
        assert_eq!(process.count(result), 1, "{behaviour:?}");
        let sequences = [endpoint.next().await.sequence, endpoint.next().await.sequence];
        assert_eq!(sequences, [1, 2], "{behaviour:?}");
        process.finish().await;
    }
}

#[tokio::test]
async fn without_a_token_nothing_goes_until_there_is_one() {
    let mut endpoint = Endpoint::start([]).await;
    let process = Process::start(&endpoint.url("/"), State::Connecting);
    process.remove_token();
    process.becomes(State::Connected);
    process.counted("no_token", 2).await;
    process.renew_token("late");
    assert_eq!(endpoint.next().await.authorization, "Bearer late");
    process.finish().await;
}

#[tokio::test]
async fn regular_posts_go_without_any_change_while_active() {
    let mut endpoint = Endpoint::start([]).await;
    let process = Process::start(&endpoint.url("/"), State::Connecting);
    process.set_active(true);
    for sequence in 1..=2 {
        assert_eq!(endpoint.next().await.sequence, sequence);
    }
    process.finish().await;
}

#[tokio::test]
async fn the_end_is_reported_though_the_operator_asked_to_wait() {
    let mut endpoint = Endpoint::start([Behaviour::Busy(503, "60")]).await;
    let process = Process::start(&endpoint.url("/"), State::Connected);
    process.becomes(State::Lost);
    endpoint.next().await;
    process.counted("busy", 1).await;
    process.finish().await;
    assert_eq!(endpoint.next().await.sequence, 2);
}

#[tokio::test]
async fn an_operator_that_never_answers_does_not_hold_up_the_end() {
    let mut endpoint = Endpoint::start([Behaviour::Silence, Behaviour::Silence]).await;
    let process = Process::start(&endpoint.url("/"), State::Connecting);
    process.becomes(State::Connected);
    assert_eq!(endpoint.next().await.sequence, 1);
    // Given up for the last one, which is given up, too; each of them alone may take 3 s.
    let begun = std::time::Instant::now();
    process.finish().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(endpoint.next().await.sequence, 2);
}

#[tokio::test]
async fn where_nobody_listens_reporting_ends_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let process = Process::start(&url, State::Connecting);
    process.becomes(State::Connected);
    process.counted("unreachable", 3).await;
    process.finish().await;
}
