//! A frame's report as our own client writes it, taken apart without a general parser.
//!
//! Nearly all that a server parses are these, thousands a second, and the general parser takes as long for one as all that
//! is then done with it. What is written in any other way is left to that parser.

use super::previous::{WireOutcome, WirePrevious};
use super::wire_report::{WireReport, WireState};

/// More digits than these a float may not hold exactly.
const MAX_DIGITS: usize = 15;

/// Exact as floats, so that dividing by them rounds to the nearest number.
const POWERS: [f64; MAX_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The report, where it is written as our own client writes it.
pub(super) fn parse(text: &[u8]) -> Option<WireReport> {
    let mut rest = Rest(text);
    rest.skip(br#"{"ts":"#)?;
    let mut report = WireReport { ts: rest.whole()?, ..WireReport::default() };
    if rest.skip(br#","x":"#).is_some() {
        report.x = Some(rest.number()?);
        rest.skip(br#","y":"#)?;
        report.y = Some(rest.number()?);
        if rest.skip(br#","confidence":"#).is_some() {
            report.confidence = Some(rest.number()?);
        }
    } else if rest.skip(br#","state":"undetected""#).is_some() {
        report.state = Some(WireState::Undetected);
    } else {
        rest.skip(br#","state":"undecodable""#)?;
        report.state = Some(WireState::Undecodable);
    }
    if rest.skip(br#","held":"#).is_some() {
        report.held = Some(rest.whole()?);
    }
    if rest.skip(br#","prev":["#).is_some() {
        report.prev = rest.previous()?;
    }
    rest.skip(b"}")?;
    rest.0.is_empty().then_some(report)
}

/// What is not parsed yet. What does not match is `None`.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Digits and how many there are, at most [`MAX_DIGITS`].
    fn digits(&mut self) -> Option<(u64, usize)> {
        let (mut value, mut count) = (0, 0);
        while let Some((digit @ b'0'..=b'9', rest)) = self.0.split_first() {
            value = value * 10 + u64::from(digit - b'0');
            count += 1;
            if count > MAX_DIGITS {
                return None;
            }
            self.0 = rest;
        }
        (count > 0).then_some((value, count))
    }

    /// As [`Rest::digits`], without a zero in front of others.
    fn integer(&mut self) -> Option<(u64, usize)> {
        let starts_with_zero = self.0.first() == Some(&b'0');
        self.digits().filter(|(_, count)| !starts_with_zero || *count == 1)
    }

    fn whole(&mut self) -> Option<u32> {
        let (value, _) = self.integer()?;
        // Otherwise more follows, which is for the general parser.
        u32::try_from(value).ok()
    }

    /// A number without an exponent.
    fn number(&mut self) -> Option<f64> {
        let is_negative = self.skip(b"-").is_some();
        let (mut value, count) = self.integer()?;
        let mut decimals = 0;
        if self.skip(b".").is_some() {
            let (fraction, count_after) = self.digits()?;
            if count + count_after > MAX_DIGITS {
                return None;
            }
            decimals = count_after;
            value = value * 10u64.pow(u32::try_from(decimals).ok()?) + fraction;
        }
        let number = value as f64 / POWERS[decimals];
        Some(if is_negative { -number } else { number })
    }

    /// The outcomes after an opening bracket, with the closing one.
    fn previous(&mut self) -> Option<WirePrevious> {
        let mut previous = WirePrevious::default();
        loop {
            self.skip(b"[")?;
            let ticks = self.whole()?;
            self.skip(b",")?;
            let outcome = if self.skip(b"0]").is_some() {
                WireOutcome::Code(ticks, 0)
            } else if self.skip(b"1]").is_some() {
                WireOutcome::Code(ticks, 1)
            } else {
                let x = self.number()?;
                self.skip(b",")?;
                let y = self.number()?;
                self.skip(b"]")?;
                WireOutcome::Position(ticks, x, y)
            };
            previous.push(outcome);
            if self.skip(b",").is_none() {
                self.skip(b"]")?;
                return Some(previous);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::Wire;
    use super::*;

    /// What the general parser makes of it.
    fn general(text: &str) -> Option<WireReport> {
        let wire: Wire = serde_json::from_str(text).ok()?;
        Some(wire.report(wire.ts?))
    }

    fn number() -> impl Strategy<Value = String> {
        let rounded = (-1e6..1e6f64, 0..8usize).prop_map(|(number, digits)| format!("{number:.digits$}"));
        prop_oneof![
            rounded,
            any::<f64>().prop_map(|number| number.to_string()),
            "-?[0-9]{0,3}[.e]?[0-9]{0,17}"
        ]
    }

    fn outcome() -> impl Strategy<Value = String> {
        prop_oneof![
            ("[0-9]{1,11}", number(), number()).prop_map(|(ticks, x, y)| format!("[{ticks},{x},{y}]")),
            "\\[[0-9]{1,6},[0-3]\\]",
        ]
    }

    proptest! {
        #[test]
        fn it_is_what_the_general_parser_makes_of_it(
            ts in "[0-9]{1,11}",
            seen in prop_oneof![
                (number(), number()).prop_map(|(x, y)| format!(r#","x":{x},"y":{y}"#)),
                (number(), number(), number())
                    .prop_map(|(x, y, confidence)| format!(r#","x":{x},"y":{y},"confidence":{confidence}"#)),
                Just(r#","state":"undetected""#.to_owned()),
                Just(r#","state":"undecodable""#.to_owned()),
                Just(String::new()),
            ],
            held in proptest::option::of("[0-9]{1,11}"),
            previous in prop::collection::vec(outcome(), 0..5),
            end in "\\}?[ x]?",
        ) {
            let held = held.map(|held| format!(r#","held":{held}"#)).unwrap_or_default();
            let previous = (!previous.is_empty()).then(|| format!(r#","prev":[{}]"#, previous.join(",")));
            let text = format!(r#"{{"ts":{ts}{seen}{held}{}{end}"#, previous.unwrap_or_default());
            if let Some(report) = parse(text.as_bytes()) {
                prop_assert_eq!(Some(report), general(&text), "{}", text);
            }
        }
    }

    #[test]
    fn what_our_client_writes_is_taken_apart_here() {
        for text in [
            r#"{"ts":4294967295,"x":321.1235,"y":0.5,"confidence":0.9876}"#,
            r#"{"ts":0,"x":-12.25,"y":123.0,"confidence":1.0,"held":1234,"prev":[[3000,1.5,-2.0],[6000,0],[9000,1]]}"#,
            r#"{"ts":6000,"state":"undetected","held":1234,"prev":[[3000,0.25,100.0]]}"#,
            r#"{"ts":6000,"state":"undecodable"}"#,
        ] {
            assert_eq!(parse(text.as_bytes()), general(text), "{text}");
            assert!(parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in
            ["", "{}", r#"{"ts":6000}"#, r#"{"ts":06,"state":"undetected"}"#, r#"{"ts":1,"x":1e2,"y":1}"#]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
