//! What must hold of an answer, whoever offered (RFC 3264, RFC 8829, RFC 9143).

use std::io::Cursor;

use rtc::sdp::SessionDescription;
use rtc::sdp::description::common::Attribute;
use rtc::sdp::description::media::MediaDescription;

pub(crate) fn parse(sdp: &str) -> SessionDescription {
    SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes())).unwrap()
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_deref()
}

fn has(attributes: &[Attribute], key: &str) -> bool {
    attributes.iter().any(|attribute| attribute.key == key)
}

fn direction(media: &MediaDescription) -> &str {
    let known = ["sendrecv", "sendonly", "recvonly", "inactive"];
    known.into_iter().find(|direction| has(&media.attributes, direction)).unwrap_or("sendrecv")
}

fn is_accepted(media: &MediaDescription) -> bool {
    media.media_name.port.value != 0
}

fn group(session: &SessionDescription) -> Option<Vec<&str>> {
    let group = value(&session.attributes, "group")?.strip_prefix("BUNDLE")?;
    Some(group.split_ascii_whitespace().collect())
}

/// Checks an answer in which the video goes in that direction, as the answer says it.
pub(crate) fn check_answer(name: &str, offer: &str, answer: &str, video: &str) {
    let (offer, answer) = (parse(offer), parse(answer));
    let (offered, answered) = (&offer.media_descriptions, &answer.media_descriptions);
    assert_eq!(offered.len(), answered.len(), "{name}: every section is answered");
    for (offered, answered) in offered.iter().zip(answered) {
        check_section(name, &offer, offered, answered, video);
    }
    let active: Vec<&str> = answered
        .iter()
        .filter(|media| is_accepted(media) && media.media_name.media != "application")
        .map(direction)
        .filter(|direction| *direction != "inactive")
        .collect();
    assert_eq!(active, [video], "{name}: one section has media");

    let accepted: Vec<&MediaDescription> = answered.iter().filter(|media| is_accepted(media)).collect();
    match group(&offer) {
        Some(_) => {
            let mids: Vec<&str> =
                accepted.iter().map(|media| value(&media.attributes, "mid").unwrap()).collect();
            assert_eq!(group(&answer), Some(mids), "{name}: the bundle is what is accepted");
        }
        None => {
            assert_eq!(group(&answer), None, "{name}: nobody asked for a bundle");
            assert_eq!(accepted.len(), 1, "{name}: there is one transport");
        }
    }
    let with_candidates: Vec<usize> =
        (0..answered.len()).filter(|index| has(&answered[*index].attributes, "candidate")).collect();
    let first = answered.iter().position(is_accepted);
    assert_eq!(
        with_candidates,
        Vec::from_iter(first),
        "{name}: candidates are in the first accepted section"
    );
    check_transport(name, &offer, &answer);
}

fn check_section(
    name: &str,
    offer: &SessionDescription,
    offered: &MediaDescription,
    answered: &MediaDescription,
    video: &str,
) {
    let (before, after) = (&offered.media_name, &answered.media_name);
    assert_eq!((&before.media, &before.protos), (&after.media, &after.protos), "{name}: kind and protocol");
    assert!(!after.formats.is_empty(), "{name}: there is a format at least");
    assert!(
        after.formats.iter().all(|format| before.formats.contains(format)),
        "{name}: formats of the offer"
    );
    let mid = |media: &MediaDescription| value(&media.attributes, "mid").map(ToOwned::to_owned);
    assert_eq!(mid(offered), mid(answered), "{name}: the section's name");
    for key in ["rid", "simulcast", "bundle-only"] {
        assert!(!has(&answered.attributes, key), "{name}: no a={key}");
    }
    let is_open = before.port.value != 0 || has(&offered.attributes, "bundle-only");
    assert!(is_open || !is_accepted(answered), "{name}: what is rejected stays so");
    let is_bundled =
        group(offer).is_some_and(|group| mid(offered).is_some_and(|mid| group.contains(&mid.as_str())));
    let is_known = before.media != "application" || before.protos.contains(&"SCTP".to_owned());
    if is_open && is_bundled && is_known {
        assert!(is_accepted(answered), "{name}: what is bundled is accepted, inactive at least");
    }
    if before.media == "application" {
        let is_old = !before.formats.contains(&"webrtc-datachannel".to_owned());
        let syntax =
            |media: &MediaDescription| ["sctpmap", "sctp-port"].map(|key| has(&media.attributes, key));
        // A rejected section too: werift refuses an answer in which it has no port of SCTP.
        let expected = if is_accepted(answered) { [is_old, !is_old] } else { syntax(offered) };
        assert_eq!(syntax(answered), expected, "{name}: the syntax of the offer");
        return;
    }
    let legal: &[&str] = match (direction(offered), video) {
        ("sendrecv", _) | ("recvonly", "sendonly") | ("sendonly", "recvonly") => &[video, "inactive"],
        _ => &["inactive"],
    };
    assert!(
        legal.contains(&direction(answered)),
        "{name}: {} to {}",
        direction(answered),
        direction(offered)
    );
}

fn check_transport(name: &str, offer: &SessionDescription, answer: &SessionDescription) {
    let mut transports = Vec::new();
    // Rejected sections too: GStreamer refuses an answer of which any section lacks them.
    for media in &answer.media_descriptions {
        let of = |key| value(&media.attributes, key).or_else(|| value(&answer.attributes, key));
        let keys = ["ice-ufrag", "ice-pwd", "fingerprint", "setup"];
        transports.push(keys.map(|key| of(key).unwrap_or_else(|| panic!("{name}: a={key}")).to_owned()));
    }
    transports.dedup();
    assert_eq!(transports.len(), 1, "{name}: one transport");
    let offered = offer.media_descriptions.iter().find_map(|media| value(&media.attributes, "setup"));
    let legal: &[&str] = match offered.or_else(|| value(&offer.attributes, "setup")) {
        Some("active") => &["passive"],
        Some("passive") => &["active"],
        _ => &["active", "passive"],
    };
    assert!(legal.contains(&transports[0][3].as_str()), "{name}: {} to {offered:?}", transports[0][3]);
}
