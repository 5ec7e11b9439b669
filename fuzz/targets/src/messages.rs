//! Single messages of the report channel: our own, and those of other programs.

use report::channel::{
    Foreign, FrameOutcome, MAX_COORDINATE, MAX_MESSAGE, MAX_NAME, MAX_NODE, MAX_PREVIOUS, Message,
};

/// What is read is within its bounds, and is the same when it is written and read again.
pub(crate) fn messages(data: &[u8]) {
    let message = match Message::parse(data) {
        Ok(message) => message,
        Err(error) => {
            let line = error.to_string();
            assert!(line.len() < 700 && !line.contains(char::is_control), "{line}");
            return;
        }
    };
    bounded(&message);
    // In whole pixels only.
    if let Message::Foreign(Foreign::Position { pts: None, .. }) = message {
        return;
    }
    let text = message.to_text();
    // Numbers get no longer than 17 digits and an exponent, whatever was sent.
    if text.len() > MAX_MESSAGE {
        return;
    }
    let again = Message::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    // The last digit of a number may change once: what was read is not exact, and what is written is.
    let last = Message::parse(again.to_text().as_bytes()).expect("as before");
    assert_eq!(last, again, "{text}");
    assert_eq!(std::mem::discriminant(&again), std::mem::discriminant(&message));
    if let (Message::Hello(given), Message::Hello(read)) = (&message, &again) {
        assert_eq!(given, read);
    }
}

fn bounded(message: &Message) {
    let coordinate = |value: f64| assert!(value.abs() <= MAX_COORDINATE, "{value}");
    let position = |outcome: FrameOutcome| {
        if let FrameOutcome::Position { x, y, confidence } = outcome {
            coordinate(x);
            coordinate(y);
            assert!((0.0..=1.0).contains(&confidence));
        }
    };
    match message {
        Message::Hello(hello) => {
            assert!((1..=MAX_NAME).contains(&hello.id.len()));
            assert!(hello.node.as_ref().is_none_or(|node| node.len() <= MAX_NODE));
            assert!(!hello.id.contains(char::is_control));
        }
        Message::Frame(frame) => {
            position(frame.outcome);
            assert!(frame.previous.iter().count() <= MAX_PREVIOUS);
            frame.previous.iter().for_each(|(_, outcome)| position(outcome));
        }
        Message::Stats(stats) => {
            assert!(stats.jitter.is_finite() && stats.jitter >= 0.0 && stats.total_decode_time.is_finite());
        }
        Message::Foreign(Foreign::Position { x, y, .. }) => {
            coordinate(*x);
            coordinate(*y);
        }
        Message::Foreign(Foreign::Greeting) => {}
    }
}
