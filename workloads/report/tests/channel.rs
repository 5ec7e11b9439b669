//! The messages of the report channel: their look, their limits, and that nothing a peer sends can panic.

use ballsession_report::PathMtu;
use ballsession_report::channel::{
    ClientCpu, ClientStats, Foreign, FrameOutcome, FrameReport, Hello, MAX_COORDINATE, MAX_NAME, MAX_NODE,
    Malformed, Message, Previous,
};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Message, Malformed> {
    Message::parse(text.as_bytes())
}

fn report(timestamp: u32, outcome: FrameOutcome) -> Message {
    Message::Frame(FrameReport::new(timestamp, outcome))
}

#[test]
fn messages_look_as_documented() {
    let hello = Message::Hello(Hello {
        node: Some("worker-2".into()),
        version: Some("0.1.0".into()),
        ..Hello::new("demo-client-0")
    });
    let position = FrameOutcome::Position { x: 1.5, y: -2.0, confidence: 0.75 };
    for (message, json) in [
        (hello, r#"{"hello":1,"id":"demo-client-0","node":"worker-2","version":"0.1.0","reconnects":0}"#),
        (report(90_000, position), r#"{"ts":90000,"x":1.5,"y":-2.0,"confidence":0.75}"#),
        (report(0, FrameOutcome::Undetected), r#"{"ts":0,"state":"undetected"}"#),
        (report(u32::MAX, FrameOutcome::Undecodable), r#"{"ts":4294967295,"state":"undecodable"}"#),
    ] {
        assert_eq!(message.to_text(), json);
        assert_eq!(parse(json), Ok(message));
    }
}

#[test]
fn what_a_newer_or_simpler_client_adds_or_leaves_out_is_fine() {
    let position = FrameOutcome::Position { x: 1.0, y: 2.0, confidence: 1.0 };
    assert_eq!(parse(r#"{"ts":7,"x":1,"y":2,"radius":[{}]}"#), Ok(report(7, position)));
    let bare = Hello::new("é");
    assert_eq!(parse(r#"{"hello":1,"id":"é","node":null}"#), Ok(Message::Hello(bare)));
}

#[test]
fn values_out_of_bounds_are_refused() {
    for text in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"x":1}"#,
        r#"{"pts":1}"#,
        r#"{"pts":1,"state":"undetected"}"#,
        r#"{"pts":-1,"x":1,"y":1}"#,
        r#"{"pts":1.5,"x":1,"y":1}"#,
        r#"{"pts":1e300,"x":1,"y":1}"#,
        r#"{"pts":1,"x":1e6,"y":1}"#,
        "(1, 2",
        "1, 2)",
        "(1)",
        "(1, 2, 3)",
        "(None, None)",
        "(nan, 1)",
        "inf,1",
        "(1e6, 1)",
        "1\t2",
        "1\t2\t3\t4",
        "1\t2\tx",
        "(__import__('os').getpid(), 1)",
        "hello",
        r#"{"ts":1}"#,
        r#"{"ts":1,"x":1}"#,
        r#"{"ts":1,"x":NaN,"y":1}"#,
        r#"{"ts":1,"x":null,"y":1}"#,
        r#"{"ts":1,"x":"1","y":1}"#,
        r#"{"ts":1,"x":1e308,"y":1}"#,
        r#"{"ts":1,"x":1e999,"y":1}"#,
        r#"{"ts":1,"x":1,"y":-100000.1}"#,
        r#"{"ts":1,"x":1,"y":1,"confidence":1.1}"#,
        r#"{"ts":1,"x":1,"y":1,"confidence":-0.1}"#,
        r#"[1,"a",null,null,0,null,null,null,null,null]"#,
        r#"{"ts":1,"x":1,"y":1,"state":"undetected"}"#,
        r#"{"ts":1,"state":"asleep"}"#,
        r#"{"ts":-1,"state":"undetected"}"#,
        r#"{"ts":4294967296,"state":"undetected"}"#,
        r#"{"ts":1.5,"state":"undetected"}"#,
        r#"{"ts":1,"ts":2,"state":"undetected"}"#,
        r#"{"ts":1,"state":"undetected"} x"#,
        r#"{"hello":1}"#,
        r#"{"hello":2,"id":"a"}"#,
        r#"{"hello":1,"id":""}"#,
        r#"{"hello":1,"id":"a\nb"}"#,
        r#"{"hello":1,"id":"a","node":"\u001b[2J"}"#,
        r#"{"hello":1,"id":"a","ts":1,"state":"undetected"}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert_eq!(
        parse(&format!(r#"{{"hello":1,"id":"{}"}}"#, "é".repeat(65))),
        Err(Malformed::Name { name: "id", most: MAX_NAME })
    );
    // A node may be as long as a DNS name.
    let on_node = |length| parse(&format!(r#"{{"hello":1,"id":"a","node":"{}"}}"#, "n".repeat(length)));
    assert!(on_node(MAX_NODE).is_ok());
    assert_eq!(
        on_node(MAX_NODE + 1).unwrap_err().to_string(),
        "node must be 1 to 253 bytes without control or invisible characters"
    );
    assert_eq!(Message::parse(&vec![b' '; 1 << 20]), Err(Malformed::TooLong(1 << 20)));
    assert_eq!(
        parse(r#"{"ts":1,"x":1e308,"y":1}"#).unwrap_err().to_string(),
        "x is 1e308, allowed is -100000 to 100000"
    );
}

#[test]
fn every_dialect_of_other_programs_is_understood() {
    let position = |x, y, pts| Ok(Message::Foreign(Foreign::Position { x, y, pts }));
    for (text, expected) in [
        ("(12, 34)", position(12.0, 34.0, None)),
        ("(12.5,-3)", position(12.5, -3.0, None)),
        ("12.25,34.5", position(12.25, 34.5, None)),
        (" 1 , 2 \n", position(1.0, 2.0, None)),
        ("1.5\t2.5\t2999", position(1.5, 2.5, Some(2999))),
        (r#"{"pts": 2999, "x": 1.5, "y": 2.5}"#, position(1.5, 2.5, Some(2999))),
        (r#"{"pts": 3000.0, "x": 1, "y": 2, "t": 17.5}"#, position(1.0, 2.0, Some(3000))),
        (r#"{"x": 1.5, "y": 2.5}"#, position(1.5, 2.5, None)),
        (r#"{"pts": null, "x": 1.5, "y": 2.5}"#, position(1.5, 2.5, None)),
        ("hi", Ok(Message::Foreign(Foreign::Greeting))),
    ] {
        assert_eq!(parse(text), expected, "{text}");
    }
    let exact = FrameOutcome::Position { x: 1.0, y: 2.0, confidence: 1.0 };
    assert_eq!(parse(r#"{"ts":7,"pts":3000,"x":1,"y":2}"#), Ok(report(7, exact)), "the exact one counts");
}

#[test]
fn what_is_said_to_other_programs_looks_like_their_own() {
    let position = |pts| Foreign::Position { x: 12.5, y: 33.4, pts };
    assert_eq!(position(None).to_text(), "(13, 33)");
    assert_eq!(position(Some(2999)).to_text(), r#"{"pts":2999,"x":12.5,"y":33.4}"#);
    assert_eq!(Foreign::Greeting.to_text(), "hi");
}

#[test]
fn what_is_no_message_is_quoted_short_and_printable() {
    let message = parse(&format!("\u{1b}[2J{}", "x".repeat(4000))).unwrap_err().to_string();
    assert!(
        message.starts_with("neither JSON nor hi, (x, y), x,y or x<TAB>y<TAB>pts: \\u{1b}[2Jxxx"),
        "{message}"
    );
    assert!(message.len() < 200, "{message}");
}

fn outcome() -> impl Strategy<Value = FrameOutcome> {
    let coordinate = -MAX_COORDINATE..=MAX_COORDINATE;
    prop_oneof![
        (coordinate.clone(), coordinate, 0.0..=1.0).prop_map(|(x, y, confidence)| FrameOutcome::Position {
            x,
            y,
            confidence
        }),
        Just(FrameOutcome::Undetected),
        Just(FrameOutcome::Undecodable),
    ]
}

proptest! {
    #[test]
    fn no_bytes_panic(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::parse(&data);
    }

    #[test]
    fn no_text_panics(text in "[hi(){}:\",.0-9a-z\t \\-]{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn positions_round_trip_in_the_dialects_of_others(
        x in -MAX_COORDINATE..=MAX_COORDINATE, y in -MAX_COORDINATE..=MAX_COORDINATE, pts in 0u64..1 << 53,
    ) {
        let sent = Message::Foreign(Foreign::Position { x, y, pts: Some(pts) });
        let Ok(Message::Foreign(Foreign::Position { x: came_x, y: came_y, pts: came })) = parse(&sent.to_text()) else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(came, Some(pts));
        prop_assert!((x - came_x).abs() < 1e-9 && (y - came_y).abs() < 1e-9);
        let tabs = parse(&format!("{x}\t{y}\t{pts}"));
        prop_assert_eq!(tabs, Ok(sent));
        let pair = parse(&format!("({x}, {y})"));
        prop_assert_eq!(pair, Ok(Message::Foreign(Foreign::Position { x, y, pts: None })));
    }

    #[test]
    fn no_damaged_message_panics(at in 0usize..60, byte: u8) {
        let mut data = report(1, FrameOutcome::Position { x: 1.0, y: 2.0, confidence: 1.0 }).to_text().into_bytes();
        let at = at % data.len();
        data[at] = byte;
        let _ = Message::parse(&data);
    }

    #[test]
    fn reports_round_trip(timestamp: u32, sent in outcome()) {
        let Ok(Message::Frame(came)) = Message::parse(report(timestamp, sent).to_text().as_bytes()) else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(came.timestamp, timestamp);
        match (sent, came.outcome) {
            // The JSON parser may be off by the last bit of a float.
            (
                FrameOutcome::Position { x, y, confidence },
                FrameOutcome::Position { x: got_x, y: got_y, confidence: got_confidence },
            ) => prop_assert!(
                (x - got_x).abs() < 1e-9 && (y - got_y).abs() < 1e-9 && (confidence - got_confidence).abs() < 1e-9
            ),
            (sent, came) => prop_assert_eq!(sent, came),
        }
    }

    #[test]
    fn hellos_round_trip(id in "[^\\p{C}\u{2028}\u{2029}]{1,30}", node: bool, reconnects: u32) {
        let node = node.then(|| id.clone());
        let hello = Message::Hello(Hello { node, reconnects, ..Hello::new(id) });
        prop_assert_eq!(Message::parse(hello.to_text().as_bytes()), Ok(hello));
    }
}

#[test]
fn a_report_repeats_what_became_of_the_frames_before() {
    let mut previous = Previous::default();
    previous.push(0, FrameOutcome::Undecodable);
    previous.push(u32::MAX - 2999, FrameOutcome::Undecodable);
    previous.push(0, FrameOutcome::Undetected);
    previous.push(3000, FrameOutcome::Position { x: 1.5, y: -2.0, confidence: 1.0 });
    let report = FrameReport {
        held_microseconds: Some(1234),
        previous,
        ..FrameReport::new(6000, FrameOutcome::Undetected)
    };
    let json = r#"{"ts":6000,"state":"undetected","held":1234,"prev":[[3000,1.5,-2.0],[6000,0],[9000,1]]}"#;
    assert_eq!(Message::Frame(report).to_text(), json);
    assert_eq!(parse(json), Ok(Message::Frame(report)));
    for (text, refusal) in [
        (r#"{"ts":1,"x":1,"y":1,"prev":[[1,0],[2,0],[3,0],[4,0]]}"#, Malformed::Previous),
        (r#"{"ts":1,"x":1,"y":1,"prev":[[1,2]]}"#, Malformed::Previous),
    ] {
        assert_eq!(parse(text), Err(refusal), "{text}");
    }
    for text in [
        r#"{"ts":1,"x":1,"y":1,"prev":[[1,1e9,0]]}"#,
        r#"{"ts":1,"x":1,"y":1,"prev":[[-1,0]]}"#,
        r#"{"ts":1,"x":1,"y":1,"prev":[[1]]}"#,
        r#"{"ts":1,"x":1,"y":1,"prev":5}"#,
        r#"{"ts":1,"x":1,"y":1,"held":-5}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn stats_have_the_names_of_w3c_and_are_bounded() {
    let stats = ClientStats {
        packets_received: 900,
        packets_lost: -1,
        jitter: 0.001,
        longest_gap: Some(133.5),
        cpu: ClientCpu { throttled_milliseconds: Some(12.5), ..ClientCpu::default() },
        path_mtu: Some(PathMtu { to_server: Some(1450), ..PathMtu::default() }),
        ..ClientStats::default()
    };
    let json = Message::Stats(stats).to_text();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json).unwrap(),
        serde_json::json!({"stats": {
            "packetsReceived": 900, "packetsLost": -1, "packetsRepaired": 0, "jitter": 0.001, "nackCount": 0,
            "pliCount": 0, "framesReceived": 0, "framesDecoded": 0, "framesDropped": 0, "keyFramesDecoded": 0,
            "totalDecodeTime": 0.0, "freezeCount": 0, "totalFreezesDuration": 0.0, "totalInterFrameDelay": 0.0,
            "totalSquaredInterFrameDelay": 0.0, "longestGap": 133.5, "cpu": {"throttledMilliseconds": 12.5},
            "pathMtu": {"toServer": 1450}
        }})
    );
    assert_eq!(parse(&json), Ok(Message::Stats(stats)));
    assert_eq!(parse(r#"{"stats":{}}"#), Ok(Message::Stats(ClientStats::default())));
    for text in [
        r#"{"stats":{"jitter":-1}}"#,
        r#"{"stats":{"longestGap":1e300}}"#,
        r#"{"stats":{"packetsReceived":-1}}"#,
        r#"{"stats":{},"ts":1,"x":1,"y":1}"#,
        r#"{"stats":{},"hello":1,"id":"a"}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
