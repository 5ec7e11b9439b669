//! Our own description with addresses that the stack does not know: those at which something in between passes datagrams on
//! to its sockets.

use std::net::SocketAddr;

use rtc::sdp::description::media::MediaDescription;

use super::attributes::{flag, has, valued};
use super::candidate::Candidate;
use super::error::DescriptionError;
use super::place::Place;
use super::text::parse;

/// The description with candidates at these addresses, and no others. They are host candidates: that there is something in
/// between is nothing that a peer could use.
pub(crate) fn advertise(
    place: Place,
    sdp: &str,
    addresses: &[SocketAddr],
) -> Result<String, DescriptionError> {
    let mut session = parse(place, sdp)?;
    let sections = &mut session.media_descriptions;
    let tagged = sections.iter().position(|section| has(&section.attributes, "candidate"));
    sections.iter_mut().for_each(remove_candidates);
    // Without a socket there is nothing that could be reached.
    if let Some(section) = tagged.and_then(|tagged| sections.get_mut(tagged)) {
        let candidates = (0..)
            .zip(addresses)
            .map(|(position, address)| valued("candidate", Candidate::host(position, *address).to_string()));
        section.attributes.extend(candidates);
        section.attributes.push(flag("end-of-candidates"));
    }
    Ok(session.marshal())
}

fn remove_candidates(section: &mut MediaDescription) {
    section
        .attributes
        .retain(|attribute| !["candidate", "end-of-candidates"].contains(&attribute.key.as_str()));
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=ice-lite\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
        a=candidate:7 1 udp 2130706431 10.0.0.7 8082 typ host\r\na=end-of-candidates\r\na=rtpmap:97 VP8/90000\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n";

    #[test]
    fn the_candidates_are_those_that_are_advertised_and_nothing_else_changes() {
        let addresses = ["192.0.2.9:30082", "[2001:db8::9]:30082"].map(|address| address.parse().unwrap());
        let advertised = advertise(Place::Offer, OWN, &addresses).unwrap();
        let is_candidate = |line: &&str| line.starts_with("a=candidate:") || line.starts_with("a=end-of");
        let candidates: Vec<&str> = advertised.lines().filter(is_candidate).collect();
        assert_eq!(
            candidates,
            [
                "a=candidate:1 1 udp 2130706431 192.0.2.9 30082 typ host",
                "a=candidate:2 1 udp 2130706175 2001:db8::9 30082 typ host",
                "a=end-of-candidates",
            ]
        );
        let rest =
            |sdp: &str| sdp.lines().filter(|line| !is_candidate(line)).map(String::from).collect::<Vec<_>>();
        assert_eq!(rest(&advertised), rest(OWN));
        let video = advertised.split("m=application").next().unwrap();
        assert!(video.contains("192.0.2.9"), "with the tagged section: {advertised}");
    }
}
