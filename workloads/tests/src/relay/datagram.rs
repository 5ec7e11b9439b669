//! Which protocol a datagram belongs to, and what its clear parts say.

/// The first byte of a DTLS 1.2 record with application data (RFC 5246, section 6.2.1).
const APPLICATION_DATA: u8 = 23;

/// Bytes of a DTLS record with one report in it: 65 of headers and tags around 33 to 220 of JSON, most of it what the frames
/// before showed. Shorter ones are acknowledgements, longer ones carry several reports, statistics, or a hello with a
/// name of [`LONG_NAME`] bytes.
const REPORT: std::ops::RangeInclusive<usize> = 98..=285;

/// How long a client's name must be for its hellos to be distinguished from its reports.
pub const LONG_NAME: usize = 200;

/// What the relay distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datagram {
    /// A packet of video.
    Media(MediaPacket),
    /// Feedback about it: what follows the first header is encrypted.
    Feedback,
    /// What the data channel has to say that has the size of one report.
    Report,
    /// STUN, DTLS handshakes, acknowledgements.
    Other,
}

/// The clear part of an SRTP packet (RFC 3550, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaPacket {
    pub(super) sequence_number: u16,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
}

impl Datagram {
    /// By the first byte, as RFC 7983 has it, and by the second one, as RFC 5761 has it.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [128..=191, kind, ..] if (192..=223).contains(kind) => Self::Feedback,
            [128..=191, kind, s1, s0, t3, t2, t1, t0, ..] => Self::Media(MediaPacket {
                sequence_number: u16::from_be_bytes([*s1, *s0]),
                timestamp: u32::from_be_bytes([*t3, *t2, *t1, *t0]),
                marker: kind & 0x80 != 0,
            }),
            [APPLICATION_DATA, ..] if REPORT.contains(&bytes.len()) => Self::Report,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn video_feedback_and_the_rest_are_distinguished() {
        let video = [0x80, 0x80 | 97, 0x01, 0x02, 0, 0, 0x0b, 0xb8, 0, 0, 0, 1, 0xaa];
        let packet = MediaPacket { sequence_number: 0x0102, timestamp: 3000, marker: true };
        assert_eq!(Datagram::of(&video), Datagram::Media(packet));
        let mut inner = video;
        inner[1] = 97;
        assert_eq!(Datagram::of(&inner), Datagram::Media(MediaPacket { marker: false, ..packet }));
        for kind in [200, 201, 205, 206] {
            assert_eq!(Datagram::of(&[0x81, kind, 0, 2, 0, 0, 0, 1]), Datagram::Feedback);
        }
        assert_eq!(Datagram::of(&[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]), Datagram::Other, "STUN");
        assert_eq!(Datagram::of(&[22; 120]), Datagram::Other, "a DTLS handshake");
        assert_eq!(Datagram::of(&[]), Datagram::Other);
    }

    #[test]
    fn a_report_is_known_by_its_size() {
        let of_length = |length| Datagram::of(&vec![APPLICATION_DATA; length]);
        assert_eq!(of_length(65), Datagram::Other, "an acknowledgement");
        assert_eq!(of_length(120), Datagram::Report, "the first one");
        assert_eq!(of_length(240), Datagram::Report, "one that repeats three others");
        assert_eq!(of_length(340), Datagram::Other, "a hello, or two reports");
    }
}
