//! What must be in an offer before it is worth an answer.

use webrtc::peer_connection::RTCSessionDescription;

use super::ReceiverError;

/// Reads an offer and makes sure that it promises video that can be decoded here.
pub(super) fn parse(sdp: &str) -> Result<RTCSessionDescription, ReceiverError> {
    let unreadable = |error: webrtc::error::Error| ReceiverError::UnreadableOffer(error.to_string());
    let offer = RTCSessionDescription::offer(sdp.to_owned()).map_err(unreadable)?;
    let session = offer.unmarshal().map_err(unreadable)?;
    let mut offered = Vec::new();
    let mut has_video = false;
    for media in &session.media_descriptions {
        let is_sent = !media.has_attribute("recvonly") && !media.has_attribute("inactive");
        if media.media_name.media != "video" || media.media_name.port.value == 0 || !is_sent {
            continue;
        }
        has_video = true;
        let encodings = media.attributes.iter().filter(|attribute| attribute.key == "rtpmap");
        offered.extend(encodings.filter_map(|attribute| {
            let (_payload_type, encoding) = attribute.value.as_deref()?.split_once(' ')?;
            Some(encoding.split('/').next().unwrap_or(encoding).to_owned())
        }));
    }
    if !has_video {
        return Err(ReceiverError::NoVideo);
    }
    if !offered.iter().any(|encoding| encoding.eq_ignore_ascii_case("VP8")) {
        return Err(ReceiverError::NoVp8(offered.join(", ")));
    }
    Ok(offer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SESSION: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

    fn offer_with(media: &str) -> Result<RTCSessionDescription, ReceiverError> {
        parse(&format!("{SESSION}{media}"))
    }

    fn video(port: u16, direction: &str, codec: &str) -> String {
        format!("m=video {port} UDP/TLS/RTP/SAVPF 97\r\na={direction}\r\na=rtpmap:97 {codec}/90000\r\n")
    }

    #[test]
    fn vp8_that_is_sent_is_accepted() {
        assert!(offer_with(&video(9, "sendrecv", "VP8")).is_ok());
        assert!(offer_with(&video(9, "sendonly", "vp8")).is_ok());
        assert!(offer_with(&(video(0, "sendrecv", "H264") + &video(9, "sendrecv", "VP8"))).is_ok());
    }

    #[test]
    fn no_video_is_said_clearly() {
        let data_only = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n".to_owned();
        for media in [String::new(), data_only, video(9, "recvonly", "VP8"), video(0, "sendrecv", "VP8")] {
            assert!(matches!(offer_with(&media), Err(ReceiverError::NoVideo)), "{media}");
        }
    }

    #[test]
    fn another_codec_is_named() {
        let error = offer_with(&video(9, "sendrecv", "H264")).unwrap_err();
        assert_eq!(error.to_string(), "the offer has no VP8 video, only H264");
    }

    #[test]
    fn what_is_no_sdp_is_an_error() {
        assert!(matches!(parse("{}"), Err(ReceiverError::UnreadableOffer(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn garbage_never_panics(lines in proptest::collection::vec("([a-z]=)?[ -~]{0,30}", 0..8)) {
            let _ = offer_with(&lines.join("\r\n"));
        }
    }
}
