//! Which way UDP does not get through where ICE fails, as each side sees it: both check the way to the other, and whoever hears
//! the other's checks knows that it is its own that do not arrive, or their answers.

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
    }
}
