//! The messages and their JSON form.

use serde::Serialize;
use serde_json::{Map, Value, error::Category};

use crate::excerpt::{excerpt, first};

/// Bytes of a reason that are kept.
const REASON_BYTES: usize = 256;

/// One signalling message.
///
/// It serialises to exactly the keys that aiortc's parser takes; that one passes a description's keys on as keyword
/// arguments, so that any further key ends the peer with a `TypeError`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// A session description that opens a negotiation.
    Offer {
        /// The description, with all its candidates.
        sdp: String,
    },
    /// The description that answers an [`Message::Offer`].
    Answer {
        /// The description, with all its candidates.
        sdp: String,
    },
    /// One more candidate of the sender's. Accepted from others, and best not sent: with an empty `candidate`, the
    /// usual end of candidates, an aiortc peer dies on an assertion.
    Candidate {
        /// The candidate's attribute as in SDP, `candidate:…`.
        candidate: String,
        /// `sdpMid`: the media section that it belongs to, by name.
        id: Option<String>,
        /// `sdpMLineIndex`: the media section that it belongs to, by position.
        label: Option<u16>,
    },
    /// The sender ends the session.
    Bye,
    /// A bye with a reason: why there is no session, or why there is none any more. To whoever knows no reasons it is a bye.
    #[serde(rename = "bye")]
    Refused {
        /// One line.
        reason: String,
    },
}

/// Why a line's JSON is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The line is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The line is JSON, but a list, a string or the like.
    #[error("JSON, but not an object")]
    NotAnObject,
    /// The message's `type` is none of the protocol's.
    #[error("the type `{0}` is unknown (offer, answer, candidate and bye are known)")]
    UnknownType(String),
    /// A key that this type of message needs is not there.
    #[error("the key `{0}` is missing")]
    MissingKey(&'static str),
    /// A key's value is of the wrong kind.
    #[error("the value of `{key}` must be {expected}")]
    WrongValue {
        /// The key.
        key: &'static str,
        /// The kind of value that belongs there.
        expected: &'static str,
    },
}

impl Message {
    /// The message in `json`, one object. Keys that its type does not have are ignored.
    ///
    /// # Errors
    /// Where `json` is no object, its type is unknown, or a key of its type is missing or of the wrong kind.
    pub fn parse(json: &str) -> Result<Self, MessageError> {
        let mut object: Map<String, Value> =
            serde_json::from_str(json).map_err(|error| not_an_object(&error))?;
        let kind = take_text(&mut object, "type")?;
        match kind.as_str() {
            "offer" => Ok(Self::Offer { sdp: take_text(&mut object, "sdp")? }),
            "answer" => Ok(Self::Answer { sdp: take_text(&mut object, "sdp")? }),
            "candidate" => Ok(Self::Candidate {
                candidate: take_text(&mut object, "candidate")?,
                id: take_name(&mut object, "id")?,
                label: take_index(&mut object, "label")?,
            }),
            "bye" => Ok(object.remove("reason").map_or(Self::Bye, |reason| match reason {
                Value::String(reason) => Self::Refused { reason: first(REASON_BYTES, reason.as_bytes()) },
                _ => Self::Bye,
            })),
            _ => Err(MessageError::UnknownType(excerpt(kind.as_bytes()))),
        }
    }
}

fn not_an_object(error: &serde_json::Error) -> MessageError {
    match error.classify() {
        Category::Data => MessageError::NotAnObject,
        Category::Syntax | Category::Eof | Category::Io => MessageError::NotJson(error.to_string()),
    }
}

fn take(object: &mut Map<String, Value>, key: &'static str) -> Result<Value, MessageError> {
    object.remove(key).ok_or(MessageError::MissingKey(key))
}

fn take_text(object: &mut Map<String, Value>, key: &'static str) -> Result<String, MessageError> {
    match take(object, key)? {
        Value::String(text) => Ok(text),
        _ => Err(MessageError::WrongValue { key, expected: "a string" }),
    }
}

fn take_name(object: &mut Map<String, Value>, key: &'static str) -> Result<Option<String>, MessageError> {
    match take(object, key)? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(MessageError::WrongValue { key, expected: "a string or null" }),
    }
}

fn take_index(object: &mut Map<String, Value>, key: &'static str) -> Result<Option<u16>, MessageError> {
    let expected = "a whole number from 0 to 65535, or null";
    match take(object, key)? {
        Value::Null => Ok(None),
        value => match value.as_u64().map(u16::try_from) {
            Some(Ok(index)) => Ok(Some(index)),
            _ => Err(MessageError::WrongValue { key, expected }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(message: &Message) -> Vec<String> {
        let Value::Object(object) = serde_json::to_value(message).unwrap() else { panic!("{message:?}") };
        let mut keys: Vec<_> = object.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        keys
    }

    #[test]
    fn what_is_sent_has_the_keys_that_aiortc_takes_and_no_others() {
        let sdp = || "v=0\r\n".to_owned();
        assert_eq!(keys(&Message::Offer { sdp: sdp() }), ["sdp", "type"]);
        assert_eq!(keys(&Message::Answer { sdp: sdp() }), ["sdp", "type"]);
        assert_eq!(keys(&Message::Bye), ["type"]);
        let candidate = Message::Candidate { candidate: "candidate:1".to_owned(), id: None, label: None };
        assert_eq!(keys(&candidate), ["candidate", "id", "label", "type"]);
        assert_eq!(serde_json::to_value(Message::Bye).unwrap()["type"], "bye");
        assert_eq!(serde_json::to_value(Message::Answer { sdp: sdp() }).unwrap()["type"], "answer");
    }

    #[test]
    fn what_aiortc_sends_is_understood() {
        let candidate = r#"{"candidate": "candidate:1 1 udp 1 10.0.0.1 9 typ host", "id": "0", "label": 1, "type": "candidate"}"#;
        let expected = Message::Candidate {
            candidate: "candidate:1 1 udp 1 10.0.0.1 9 typ host".to_owned(),
            id: Some("0".to_owned()),
            label: Some(1),
        };
        assert_eq!(Message::parse(candidate), Ok(expected));
        let nameless = r#"{"candidate": "candidate:1", "id": null, "label": null, "type": "candidate"}"#;
        let expected = Message::Candidate { candidate: "candidate:1".to_owned(), id: None, label: None };
        assert_eq!(Message::parse(nameless), Ok(expected));
        let offer = Message::Offer { sdp: "v=0\r\n".to_owned() };
        assert_eq!(Message::parse(r#"{"sdp": "v=0\r\n", "type": "offer"}"#), Ok(offer));
        assert_eq!(Message::parse(r#"{"type": "bye"}"#), Ok(Message::Bye));
    }

    #[test]
    fn the_order_of_keys_and_keys_without_a_meaning_do_not_matter() {
        let answer = Message::Answer { sdp: "v=0".to_owned() };
        for json in [
            r#"{"type":"answer","sdp":"v=0"}"#,
            r#"{"sdp":"v=0","id":7,"label":"x","type":"answer"}"#,
            r#" { "new": [{"sdp": 1}], "sdp" : "v=0" , "type":"answer" } "#,
        ] {
            assert_eq!(Message::parse(json).as_ref(), Ok(&answer), "{json}");
        }
    }

    /// aiortc looks at nothing but the type of a bye.
    #[test]
    fn a_refusal_is_a_bye_with_a_reason_on_one_line() {
        let refused = |reason: &str| Message::Refused { reason: reason.to_owned() };
        let json = serde_json::to_string(&refused("not reachable yet")).unwrap();
        assert_eq!(json, r#"{"type":"bye","reason":"not reachable yet"}"#);
        assert_eq!(Message::parse(&json), Ok(refused("not reachable yet")));
        assert_eq!(Message::parse(r#"{"type":"bye","reason":"a\nb"}"#), Ok(refused("a\\nb")));
        assert_eq!(Message::parse(r#"{"type":"bye","reason":7}"#), Ok(Message::Bye));
    }

    #[test]
    fn every_mistake_is_named() {
        for (json, problem) in [
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
            ("GET / HTTP/1.1", "not JSON: expected value at line 1 column 1"),
            (r#"{"type":"bye"} x"#, "not JSON: trailing characters at line 1 column 16"),
            (r#"["offer", "v=0"]"#, "JSON, but not an object"),
            (r#""bye""#, "JSON, but not an object"),
            ("{}", "the key `type` is missing"),
            (r#"{"type":7}"#, "the value of `type` must be a string"),
            (
                r#"{"type":"hello\n"}"#,
                "the type `hello\\n` is unknown (offer, answer, candidate and bye are known)",
            ),
            (r#"{"type":"offer"}"#, "the key `sdp` is missing"),
            (r#"{"type":"offer","sdp":null}"#, "the value of `sdp` must be a string"),
            (r#"{"type":"candidate","candidate":"x","label":0}"#, "the key `id` is missing"),
            (
                r#"{"type":"candidate","candidate":"x","id":0,"label":0}"#,
                "the value of `id` must be a string or null",
            ),
            (
                r#"{"type":"candidate","candidate":"x","id":"0","label":-1}"#,
                "the value of `label` must be a whole number from 0 to 65535, or null",
            ),
        ] {
            assert_eq!(Message::parse(json).unwrap_err().to_string(), problem, "{json}");
        }
    }
}
