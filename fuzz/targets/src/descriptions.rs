//! Session descriptions: offers of peers with our answers, and answers of peers.

use std::io::Cursor;

use media::DescriptionError;
use media::untrusted::{read_answer, read_offer};
use rtc::sdp::SessionDescription;

/// Most sections that the WebRTC stack is given: one of video and one of data.
const MOST_SECTIONS: usize = 2;
/// Most candidates of a peer.
const MOST_CANDIDATES: usize = 16;

/// An offer of a peer, of video that it sends and of video that it wants.
pub(crate) fn offers(data: &[u8]) {
    let Ok(sdp) = str::from_utf8(data) else { return };
    media::offers_channel(sdp);
    for is_sent in [true, false] {
        let read = |sdp: &str| read_offer(sdp, is_sent);
        let offer = match read(sdp) {
            Ok(offer) => offer,
            Err(error) => {
                one_line(&error);
                continue;
            }
        };
        plain(offer.sdp(), |sdp| read(sdp).map(|offer| offer.sdp().to_owned()));
        // What the stack answers has the sections that it was given; here each is accepted.
        let answer = offer.answer(offer.sdp()).expect("the stack answers its sections");
        assert_eq!(sections(&answer), sections(sdp), "every section is answered");
    }
}

/// An answer of a peer to our offer.
pub(crate) fn answers(data: &[u8]) {
    let Ok(sdp) = str::from_utf8(data) else { return };
    match read_answer(sdp) {
        Ok(answer) => plain(&answer, read_answer),
        Err(error) => one_line(&error),
    }
}

/// What the stack is given is in the plain form that is not changed by being read again, and is small.
fn plain(sdp: &str, read: impl Fn(&str) -> Result<String, DescriptionError>) {
    assert!((1..=MOST_SECTIONS).contains(&sections(sdp)), "{sdp}");
    let candidates = sdp.lines().filter(|line| line.starts_with("a=candidate:")).count();
    assert!(candidates <= MOST_CANDIDATES, "{sdp}");
    // Sections of an offer are called by their place, which changes once where others stood between.
    let again = read(sdp).unwrap_or_else(|error| panic!("{error}\n{sdp}"));
    assert_eq!(read(&again).ok().as_deref(), Some(again.as_str()));
    assert_eq!(again.lines().count(), sdp.lines().count());
}

fn sections(sdp: &str) -> usize {
    let session = SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes()));
    session.expect("what was read can be read").media_descriptions.len()
}

fn one_line(error: &DescriptionError) {
    let line = error.to_string();
    assert!(line.len() < 700 && !line.contains(char::is_control), "{line}");
}
