//! What users write: flags, their variables, addresses, durations, objectives.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::time::Duration;

use measure::Objectives;
use media::fanout::MediaPorts;
use process::arguments;
use report::duration;
use signaling::Endpoint;

/// The longest duration that a flag takes.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// One text, for every flag.
pub(crate) fn arguments(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    written_and_read::<MediaPorts>(text);
    written_and_read::<Endpoint>(text);
    if let Ok(address) = address::parse(text) {
        assert_eq!(address::parse(&address.to_string()).ok(), Some(address));
    }
    durations(text);
    if let Ok(number) = arguments::whole_number(5, 60)(text) {
        assert!((5..=60).contains(&number));
    }
    if let Ok(number) = arguments::even_number(64, 1920)(text) {
        assert!((64..=1920).contains(&number) && number % 2 == 0);
    }
    if let Ok(number) = arguments::number(4.0, 200.0)(text) {
        assert!((4.0..=200.0).contains(&number));
    }
    if let Ok(number) = arguments::natural_number(text) {
        assert_eq!(arguments::natural_number(&number.to_string()), Ok(number));
    }
    if let Ok(objectives) = text.parse::<Objectives>() {
        sensible(&objectives);
    }
}

fn written_and_read<T: FromStr + Display + Debug + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().ok(), Some(value));
    }
}

fn durations(text: &str) {
    if let Ok(duration) = duration::parse(text) {
        // Beyond what a flag takes, seconds as a float have no nanoseconds any more.
        if duration <= YEAR {
            let milliseconds = duration.as_millis();
            let read = duration::parse(&format!("{milliseconds}ms")).expect("a duration");
            assert!(read.as_micros().abs_diff(milliseconds * 1000) <= 1, "{read:?}");
        }
    }
    if let Ok(duration) = arguments::duration(text) {
        assert!((Duration::from_millis(1)..=YEAR).contains(&duration));
    }
}

fn sensible(objectives: &Objectives) {
    let percents = [objectives.loss_percent, objectives.undetected_percent, objectives.delivered_percent];
    assert!(percents.into_iter().flatten().all(|percent| (0.0..=100.0).contains(&percent)));
    assert!(objectives.error_p95_pixels.is_none_or(|pixels| (0.0..100_000.0).contains(&pixels)));
    assert!(objectives.minimum_frames > 0);
}
