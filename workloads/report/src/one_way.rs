//! Which way UDP does not get through where ICE fails, as each side sees it: both check the way to the other, and whoever hears
//! the other's checks knows that it is its own that do not arrive, or their answers.

use std::net::SocketAddr;

/// What a side says of an ICE that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneWay {
    /// Where checks of the other side came.
    heard: &'static str,
    /// Where none came.
    deaf: &'static str,
}

/// The client's words.
pub const CLIENT: OneWay = OneWay {
    heard: "no UDP from client to server: the server's checks come, and ours are not answered",
    deaf: "no UDP from server to client: none of the server's checks came",
};

/// The client's words where the server makes no checks of its own, as it does that is reached at an advertised address.
pub const NO_ANSWER: &str =
    "no UDP gets to the server and back: it makes no checks, and ours are not answered";

/// The client's words where no check of its own has left, as none of the pairs of addresses can be used.
pub const NOTHING_SENT: &str =
    "no UDP was sent to the server: none of its addresses can be reached from ours (of another family?)";

/// What a client adds to them where a server has answered it there before.
const HAD_ANSWERED: &str = "had answered there before";

/// The message of a client to whom a server at `address` had answered in a session before.
pub fn had_answered(message: &str, address: SocketAddr) -> String {
    format!("{message}; a server at {address} {HAD_ANSWERED}")
}

/// Whether a client says that.
pub fn says_had_answered(message: &str) -> bool {
    message.contains(HAD_ANSWERED)
}

/// The server's words.
pub const SERVER: OneWay = OneWay {
    heard: "no UDP from server to client: the client's checks come, and ours are not answered",
    deaf: "no UDP from client to server: none of the client's checks came",
};

impl OneWay {
    /// The message of a side that has heard the other's checks, or not.
    pub fn message(self, has_heard: bool) -> &'static str {
        if has_heard { self.heard } else { self.deaf }
    }

    /// Whether the side whose message this is has heard the other's checks, if it says so.
    pub fn has_heard(self, message: &str) -> Option<bool> {
        let says = |words: &str| message.contains(words);
        if says(self.heard) { Some(true) } else { says(self.deaf).then_some(false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        for side in [CLIENT, SERVER] {
            for has_heard in [true, false] {
                let message = format!("10.0.0.1:5000: {}", side.message(has_heard));
                assert_eq!(side.has_heard(&message), Some(has_heard));
            }
            assert_eq!(side.has_heard("no UDP between client and server"), None);
        }
        assert_eq!(CLIENT.has_heard(SERVER.message(true)), None, "it is the other's");
        assert_eq!(CLIENT.has_heard(NO_ANSWER), None, "there was nothing to hear");
        assert_eq!(CLIENT.has_heard(NOTHING_SENT), None, "nor to answer");
    }

    #[test]
    fn a_way_that_worked_before_is_told() {
        let message = had_answered(CLIENT.message(false), "10.96.0.7:8082".parse().unwrap());
        assert!(message.ends_with("; a server at 10.96.0.7:8082 had answered there before"), "{message}");
        assert!(says_had_answered(&message) && !says_had_answered(CLIENT.message(false)));
        assert_eq!(CLIENT.has_heard(&message), Some(false));
    }
}
