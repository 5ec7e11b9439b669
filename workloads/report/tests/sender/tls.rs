//! Posts over TLS: who is trusted, and what is said where nobody can be.

use ballsession_report::State;

use crate::endpoint::Endpoint;
use crate::identity::Authority;
use crate::process::Process;

const HERE: &str = "127.0.0.1";

#[tokio::test]
async fn a_post_goes_to_whom_an_authority_of_the_file_has_issued_a_certificate() {
    let (former, current) = (Authority::new("former"), Authority::new("current"));
    let mut endpoint = Endpoint::start_tls(current.issue(HERE)).await;
    let both = format!("{}{}", former.certificate, current.certificate);
    let process = Process::start_tls(&endpoint.url("/v1/reports"), &both);
    process.becomes(State::Connected);
    let post = endpoint.next().await;
    assert_eq!((post.path.as_str(), post.authorization.as_str()), ("/v1/reports", "Bearer first"));
    process.counted("accepted", 1).await;
    process.finish().await;
}

#[tokio::test]
async fn authorities_are_read_anew_for_each_post() {
    let (former, current) = (Authority::new("former"), Authority::new("current"));
    let mut endpoint = Endpoint::start_tls(current.issue(HERE)).await;
    let process = Process::start_tls(&endpoint.url("/"), &former.certificate);
    process.becomes(State::Connected);
    process.counted("untrusted", 2).await;
    process.set_authorities(&current.certificate);
    process.counted("accepted", 1).await;
    assert_eq!(endpoint.next().await.sequence, process.count("untrusted") + 1, "none was sent before");
    process.finish().await;
}

/// O23: whoever reads that has to know what to do.
#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_with_what_to_check() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    for (acceptor, words) in [
        (theirs.issue(HERE), &["certificate not trusted", "none of the 1 authorities in", "ca.crt"][..]),
        (ours.issue_for(HERE, -9, -1), &["certificate expired at 2", "and here it is 2", "check the clock"]),
        (
            ours.issue_for(HERE, 1, 9),
            &["certificate not valid before 2", "and here it is 2", "check the clocks"],
        ),
        (
            ours.issue("operator.tower.svc"),
            &["certificate is for operator.tower.svc and not for 127.0.0.1", "check the URL"],
        ),
    ] {
        let mut endpoint = Endpoint::start_tls(acceptor).await;
        let process = Process::start_tls(&endpoint.url("/"), &ours.certificate);
        process.becomes(State::Connected);
        process.counted("untrusted", 1).await;
        let why = process.why();
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
        assert!(why.starts_with(&endpoint.url("/")) && !why.contains('\n'), "{why}");
        process.finish().await;
        endpoint.assert_silent();
    }
}

#[tokio::test]
async fn without_authorities_nothing_goes_and_the_file_is_named() {
    let authority = Authority::new("ours");
    let mut endpoint = Endpoint::start_tls(authority.issue(HERE)).await;
    for (content, problem) in [
        ("", "it is empty"),
        ("no certificate", "it has no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate"),
    ] {
        let process = Process::start_tls(&endpoint.url("/"), content);
        process.becomes(State::Connected);
        process.counted("untrusted", 1).await;
        let why = process.why();
        assert!(why.contains("cannot read the authorities in /") && why.contains(problem), "{why}");
        process.finish().await;
    }
    endpoint.assert_silent();
}

#[tokio::test]
async fn who_speaks_no_tls_gets_nothing() {
    let mut plain = Endpoint::start([]).await;
    let url = plain.url("/").replace("http://", "https://");
    let process = Process::start_tls(&url, &Authority::new("ours").certificate);
    process.becomes(State::Connected);
    process.counted("unreachable", 1).await;
    assert!(process.why().contains("does not speak TLS: check the port"), "{}", process.why());
    process.finish().await;
    plain.assert_silent();
}
