//! The stream of a signalling connection.

use signaling::{CodecError, Decoder, MAX_LINE_BYTES, Message, encode};

/// The first byte is how the rest is cut into chunks.
pub(crate) fn signalling(data: &[u8]) {
    let (chunk, stream) =
        data.split_first().map_or((1, data), |(first, rest)| (usize::from(*first) + 1, rest));
    let outcomes = decoded([stream]);
    assert_eq!(outcomes, decoded(stream.chunks(chunk)), "in chunks of {chunk}");
    for message in outcomes.into_iter().flatten() {
        match encode(&message) {
            Ok(line) => {
                assert!(
                    line.len() <= MAX_LINE_BYTES + 1
                        && line.iter().filter(|byte| **byte == b'\n').count() == 1
                );
                assert_eq!(decoded([&line[..]]), [Ok(message)]);
            }
            // What takes one byte may need six.
            Err(error) => assert!(matches!(error, CodecError::LineTooLong { .. }), "{error}"),
        }
    }
}

fn decoded<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Message, CodecError>> {
    let (mut decoder, mut outcomes) = (Decoder::new(), Vec::new());
    for mut chunk in chunks {
        while let Some(outcome) = decoder.decode(&mut chunk).transpose() {
            outcomes.push(outcome);
        }
        assert!(chunk.is_empty());
    }
    outcomes.extend(decoder.finish().err().map(Err));
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let line = error.to_string();
        assert!(line.len() < 700 && line.is_ascii() && !line.contains('\n'), "{line}");
    }
    outcomes
}
