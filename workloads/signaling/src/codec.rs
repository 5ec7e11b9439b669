//! Lines to messages and back, without any I/O.

use std::mem;

use bytes::Bytes;

use crate::{
    excerpt::{EXCERPT_BYTES, excerpt},
    message::{Message, MessageError},
};

/// The longest line in either direction, its `\n` not counted: the limit of asyncio's `StreamReader`, which aiortc
/// leaves at its default. An offer takes about 3 kB.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Why a line is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A line goes on beyond [`MAX_LINE_BYTES`].
    #[error("a line is longer than {MAX_LINE_BYTES} bytes: `{excerpt}`")]
    LineTooLong {
        /// The line's beginning, escaped.
        excerpt: String,
    },
    /// A line is not UTF-8.
    #[error("a line is not UTF-8 from its byte {valid_bytes} on: `{excerpt}`")]
    NotUtf8 {
        /// Bytes before the first that is wrong.
        valid_bytes: usize,
        /// The line's beginning, escaped.
        excerpt: String,
    },
    /// A line is no message.
    #[error("a line is no message, {problem}: `{excerpt}`")]
    NoMessage {
        /// What is wrong with it.
        problem: MessageError,
        /// The line's beginning, escaped.
        excerpt: String,
    },
    /// The stream ends within a line.
    #[error("the stream ends after {bytes} bytes of a line: `{excerpt}`")]
    CutOff {
        /// The bytes that came.
        bytes: usize,
        /// The line's beginning, escaped.
        excerpt: String,
    },
}

/// The line of `message`, its `\n` included.
///
/// # Errors
/// Where the line would be longer than [`MAX_LINE_BYTES`], which no peer has to take.
pub fn encode(message: &Message) -> Result<Bytes, CodecError> {
    let mut line =
        serde_json::to_vec(message).expect("strings and numbers under constant keys always serialise");
    if line.len() > MAX_LINE_BYTES {
        return Err(CodecError::LineTooLong { excerpt: excerpt(&line) });
    }
    line.push(b'\n');
    Ok(line.into())
}

/// Turns a stream's bytes, in chunks of any size, into messages. Holds at most one unfinished line.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    /// Within the rest of a line that was too long, and reported.
    skipping: bool,
}

impl Decoder {
    /// A decoder at the start of a line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes off the front of `input` up to the end of the next message, or all of them where none ends in it.
    /// Blank lines are passed over. After an error the next call goes on with the line behind the bad one.
    ///
    /// # Errors
    /// Where a line is too long, not UTF-8 or no message; each bad line is reported once.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, CodecError> {
        while !input.is_empty() {
            let (piece, ends_line) = match input.iter().position(|&byte| byte == b'\n') {
                Some(end) => {
                    let (piece, rest) = input.split_at(end);
                    *input = &rest[1..];
                    (piece, true)
                }
                None => (mem::take(input), false),
            };
            if let Some(message) = self.take_piece(piece, ends_line)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// To be called at the end of the stream.
    ///
    /// # Errors
    /// Where the stream ends within a line that is not blank.
    pub fn finish(&mut self) -> Result<(), CodecError> {
        self.skipping = false;
        let line = mem::take(&mut self.line);
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        Err(CodecError::CutOff { bytes: line.len(), excerpt: excerpt(&line) })
    }

    fn take_piece(&mut self, piece: &[u8], ends_line: bool) -> Result<Option<Message>, CodecError> {
        if self.skipping {
            self.skipping = !ends_line;
            return Ok(None);
        }
        if self.line.len() + piece.len() > MAX_LINE_BYTES {
            let mut start = mem::take(&mut self.line);
            start.extend(piece.iter().take(EXCERPT_BYTES + 1));
            self.skipping = !ends_line;
            return Err(CodecError::LineTooLong { excerpt: excerpt(&start) });
        }
        self.line.extend_from_slice(piece);
        if !ends_line {
            return Ok(None);
        }
        // Taken, not cleared: a connection that waits for its peer's bye for hours need not hold an offer's memory.
        parse_line(&mem::take(&mut self.line))
    }
}

fn parse_line(line: &[u8]) -> Result<Option<Message>, CodecError> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let text = str::from_utf8(line)
        .map_err(|error| CodecError::NotUtf8 { valid_bytes: error.valid_up_to(), excerpt: excerpt(line) })?;
    let message =
        Message::parse(text).map_err(|problem| CodecError::NoMessage { problem, excerpt: excerpt(line) })?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    type Outcome = Result<Message, CodecError>;

    /// What comes out of a stream that arrives in `chunks`.
    fn decode_all<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Outcome> {
        let mut decoder = Decoder::new();
        let mut outcomes = Vec::new();
        for mut chunk in chunks {
            while let Some(outcome) = decoder.decode(&mut chunk).transpose() {
                outcomes.push(outcome);
            }
            assert!(chunk.is_empty());
            assert!(decoder.line.len() <= MAX_LINE_BYTES);
        }
        outcomes.extend(decoder.finish().err().map(Err));
        outcomes
    }

    fn problems(stream: &[u8]) -> Vec<String> {
        decode_all([stream]).into_iter().map(|outcome| outcome.unwrap_err().to_string()).collect()
    }

    fn offer_with_a_line_of(bytes: usize) -> Message {
        let empty = encode(&Message::Offer { sdp: String::new() }).unwrap();
        Message::Offer { sdp: "x".repeat(bytes + 1 - empty.len()) }
    }

    #[test]
    fn blank_lines_and_carriage_returns_do_not_matter() {
        assert_eq!(decode_all([&b"\n \r\n{\"type\":\"bye\"}\r\n\n\t"[..]]), [Ok(Message::Bye)]);
    }

    /// P16: what a client sends first, so that proxies open, and any other white space of JSON.
    #[test]
    fn white_space_before_and_within_a_message_does_not_matter() {
        for stream in
            [" {\"type\":\"bye\"}\n", " \t\r {\t\"type\" :\r\"bye\" } \r\n", "\n \n {\"type\":\"bye\"}\n"]
        {
            assert_eq!(decode_all(stream.as_bytes().chunks(1)), [Ok(Message::Bye)], "{stream:?}");
        }
        assert_eq!(decode_all([&b" "[..]]), [], "a probe that speaks like a client, and leaves");
    }

    #[test]
    fn the_longest_line_passes_and_one_byte_more_does_not() {
        let longest = offer_with_a_line_of(MAX_LINE_BYTES);
        let line = encode(&longest).unwrap();
        assert_eq!(line.len(), MAX_LINE_BYTES + 1);
        assert_eq!(decode_all([&line[..]]), [Ok(longest)]);

        let refusal = encode(&offer_with_a_line_of(MAX_LINE_BYTES + 1)).unwrap_err();
        assert!(refusal.to_string().starts_with("a line is longer than 65536 bytes: `{"), "{refusal}");
    }

    #[test]
    fn a_line_that_never_ends_is_reported_once_and_what_follows_it_is_read() {
        let endless = vec![b'x'; 3 * MAX_LINE_BYTES];
        let too_long = Err(CodecError::LineTooLong { excerpt: format!("{}...", "x".repeat(64)) });
        assert_eq!(decode_all(endless.chunks(1000)), std::slice::from_ref(&too_long));
        let chunks = endless.chunks(1000).chain([&b"x\n{\"type\":\"bye\"}\n"[..]]);
        assert_eq!(decode_all(chunks), [too_long, Ok(Message::Bye)]);
    }

    #[test]
    fn every_bad_line_says_what_is_wrong_with_it() {
        assert_eq!(
            problems(b"hello\x07\n{\"sdp\":\"\xff\"}\n{\"type\":\"offer\"}\n{\"type\""),
            [
                "a line is no message, not JSON: expected value at line 1 column 1: `hello\\x07`",
                r#"a line is not UTF-8 from its byte 8 on: `{"sdp":"\xff"}`"#,
                r#"a line is no message, the key `sdp` is missing: `{"type":"offer"}`"#,
                r#"the stream ends after 7 bytes of a line: `{"type"`"#,
            ]
        );
    }

    #[test]
    fn an_error_is_short_whatever_the_line() {
        let long = "\u{1}".repeat(60_000);
        let typed = format!("{{\"type\":\"{}\"}}\n", "\u{e9}".repeat(30_000));
        let label =
            format!("{{\"type\":\"candidate\",\"candidate\":\"\",\"id\":\"\",\"label\":\"{typed:?}\"}}\n");
        for stream in [long, typed, label, format!("\"{}\"\n", "x".repeat(60_000))] {
            for problem in problems(stream.as_bytes()) {
                assert!(problem.len() < 700 && problem.is_ascii(), "{problem}");
            }
        }
    }

    fn message() -> impl Strategy<Value = Message> {
        prop_oneof![
            any::<String>().prop_map(|sdp| Message::Offer { sdp }),
            any::<String>().prop_map(|sdp| Message::Answer { sdp }),
            (any::<String>(), any::<Option<String>>(), any::<Option<u16>>())
                .prop_map(|(candidate, id, label)| Message::Candidate { candidate, id, label }),
            Just(Message::Bye),
            "[ -~]{0,99}".prop_map(|reason| Message::Refused { reason }),
        ]
    }

    /// Bytes that resemble the protocol often enough to get beyond the first check.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            vec(any::<u8>(), 0..40),
            message().prop_map(|message| encode(&message).unwrap().to_vec()),
            Just(b"\n".to_vec()),
            Just(b"{\"type\":\"offer\",".to_vec()),
            (0..2 * MAX_LINE_BYTES).prop_map(|length| vec![b' '; length]),
        ];
        vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn messages_survive_any_chunking(messages in vec(message(), 0..8), chunk in 1..200_usize) {
            let stream: Vec<u8> = messages.iter().flat_map(|message| encode(message).unwrap()).collect();
            let outcomes: Result<Vec<_>, _> = decode_all(stream.chunks(chunk)).into_iter().collect();
            prop_assert_eq!(outcomes, Ok(messages));
        }

        #[test]
        fn any_bytes_give_the_same_in_any_chunking(stream in stream(), chunk in 1..5000_usize) {
            prop_assert_eq!(decode_all(stream.chunks(chunk)), decode_all([&stream[..]]));
        }
    }
}
