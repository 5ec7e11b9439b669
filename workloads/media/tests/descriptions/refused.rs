//! What must be refused, and the line that says why.

use crate::roles::{Server, receive};
use crate::table::{Captured, Role, captured, usable};

/// What is said of it, in its role.
async fn refusal(server: &Server, role: Role, sdp: &str) -> String {
    let refused = match role {
        Role::Sends => receive(sdp).await.map(drop).map_err(|error| error.to_string()),
        Role::Watches => server.accept(sdp).await.map(drop).map_err(|error| error.to_string()),
        Role::Answers => server.answer(sdp).await.map_err(|error| error.to_string()),
    };
    refused.expect_err("it should be refused")
}

fn place(file: &Captured) -> &'static str {
    if file.role == Role::Answers { "answer" } else { "offer" }
}

#[tokio::test]
async fn who_has_no_vp8_is_told_so() {
    let server = Server::start();
    let without: Vec<Captured> = captured().into_iter().filter(Captured::lacks_vp8).collect();
    assert!(without.len() >= 2);
    for file in without {
        let said = refusal(&server, file.role, &file.sdp).await;
        let subject = if file.role == Role::Sends { "the offer has" } else { "the peer takes" };
        assert_eq!(said, format!("{subject} no VP8 video, only H264"), "{}", file.name);
    }
}

/// No check is dropped: what cannot be verified is not connected to.
#[tokio::test]
async fn what_the_transport_lacks_is_named() {
    let server = Server::start();
    let missing = |place: &str, attribute: &str| {
        format!(
            "the {place} has no a={attribute}, neither in the section of its transport nor for the session"
        )
    };
    for file in [Role::Sends, Role::Watches, Role::Answers].into_iter().flat_map(usable) {
        let place = place(&file);
        let without = |key: &str| -> String {
            file.sdp.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\r\n")).collect()
        };
        for (sdp, expected) in [
            (without("a=fingerprint"), missing(place, "fingerprint")),
            (without("a=ice-ufrag"), missing(place, "ice-ufrag")),
            (without("a=ice-pwd"), missing(place, "ice-pwd")),
            (
                without("a=fingerprint:sha-256")
                    .replace("a=ice-ufrag", "a=fingerprint:SHA-1 AB\r\na=ice-ufrag"),
                format!("the {place} has a fingerprint by"),
            ),
            (
                file.sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 0"),
                format!("the {place}'s fingerprint is not that of a certificate: sha-256 0"),
            ),
            (
                without("a=candidate")
                    .replace("a=ice-pwd", "a=candidate:1 1 tcp 1 192.0.2.1 9 typ host\r\na=ice-pwd"),
                format!("the {place} has candidates for TCP only,"),
            ),
        ] {
            let said = refusal(&server, file.role, &sdp).await;
            assert!(said.starts_with(&expected), "{}: {said}", file.name);
            assert!(!said.contains('\n') && said.len() < 250, "one line: {said}");
        }
    }
}
