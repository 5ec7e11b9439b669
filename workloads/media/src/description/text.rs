//! From text to the model of it, and what of the text an error quotes.

use std::io::Cursor;

use rtc::sdp::SessionDescription;

use super::error::DescriptionError;
use super::limits::{MAX_BYTES, MAX_QUOTED, MAX_SECTIONS};
use super::place::Place;

/// Reads a description, if it is not too large to be one.
pub(super) fn parse(place: Place, sdp: &str) -> Result<SessionDescription, DescriptionError> {
    if sdp.len() > MAX_BYTES {
        return Err(DescriptionError::TooLong { place, bytes: sdp.len() });
    }
    let session = SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes()))
        .map_err(|error| DescriptionError::Unreadable { place, why: quoted(&error.to_string()) })?;
    let sections = session.media_descriptions.len();
    if sections > MAX_SECTIONS {
        return Err(DescriptionError::TooManySections { place, sections });
    }
    Ok(session)
}

/// The beginning of what a peer wrote, without anything that would break or hide a line.
pub(super) fn quoted(text: &str) -> String {
    let clean = |character: char| if character.is_ascii_graphic() { character } else { ' ' };
    text.trim().chars().take(MAX_QUOTED).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

    #[test]
    fn what_is_too_large_is_refused_with_its_size_and_the_limit() {
        let long = parse(Place::Offer, &(EMPTY.to_owned() + &" ".repeat(MAX_BYTES))).unwrap_err();
        assert_eq!(long.to_string(), "the offer is 65577 bytes long; at most 65536 are read");
        let sections = EMPTY.to_owned() + &"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(MAX_SECTIONS + 1);
        let many = parse(Place::Answer, &sections).unwrap_err();
        assert_eq!(many.to_string(), "the answer has 65 media sections; at most 64 are read");
    }

    #[test]
    fn what_is_no_description_is_unreadable() {
        for garbage in ["{}", "v=garbage", "\u{0}", "m=video", "no sdp\r\nat all"] {
            let refused = parse(Place::Offer, garbage).unwrap_err().to_string();
            assert!(
                refused.starts_with("the offer cannot be read: ") && !refused.contains('\n'),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_quotation_is_one_short_line_of_plain_characters() {
        assert_eq!(quoted("a\r\n\u{202e}b"), "a   b");
        assert_eq!(quoted(&"x".repeat(1000)).len(), MAX_QUOTED);
    }
}
