//! Which side begins DTLS.
//!
//! `rtc` begins SCTP only as DTLS client (`transport/sctp/mod.rs`), and some peers only answer it, whatever they are in
//! DTLS (P6): aiortc up to 1.15 goes by its ICE role. If such a peer began DTLS, no data channel would ever open. So our
//! offer has us as the DTLS client (RFC 4145, section 4), instead of leaving it to the answer (RFC 8829, section 5.2.1).
//!
//! What that costs: aiortc 1.5 refuses an offer that does not leave it the choice. It would have had video, and no channel
//! to report on. A peer that answers `active` all the same, as werift does, begins DTLS, for `rtc` goes by the answer: it
//! has its video, and a channel only if it begins SCTP too.

/// The offer, with this side as the DTLS client.
pub(super) fn offering_to_be_dtls_client(sdp: &str) -> String {
    sdp.replace("a=setup:actpass", "a=setup:active")
}
