//! What is asked of a run.

use std::{str::FromStr, time::Duration};

use report::duration;

/// Limits that the numbers are compared with; what is `None` is not judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objectives {
    /// Of the error's 95th percentile, in pixels.
    pub error_p95_pixels: Option<f64>,
    /// Of the latency's 95th percentile.
    pub latency_p95: Option<Duration>,
    /// Of the frames lost, late or undecodable, in percent.
    pub loss_percent: Option<f64>,
    /// Of the decoded frames without a ball, in percent.
    pub undetected_percent: Option<f64>,
    /// At least so many percent of the frames that the frame rate promises must come out good.
    pub delivered_percent: Option<f64>,
    /// Of the longest freeze.
    pub longest_freeze: Option<Duration>,
    /// Of the setup time's 95th percentile.
    pub setup_p95: Option<Duration>,
    /// Frames whose fate must be known for a verdict.
    pub minimum_frames: u64,
    /// Of the time without pictures after another server process took over.
    pub recovery: Option<Duration>,
}

impl Default for Objectives {
    /// No limits; 300 frames.
    fn default() -> Self {
        Self {
            error_p95_pixels: None,
            latency_p95: None,
            loss_percent: None,
            undetected_percent: None,
            delivered_percent: None,
            longest_freeze: None,
            setup_p95: None,
            minimum_frames: 300,
            recovery: None,
        }
    }
}

/// A text that names no objectives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidObjectives {
    /// Not `key=value`.
    #[error(
        "{0:?} is no key=value, with a key of error-p95, latency-p95, loss, undetected, delivered, freeze, setup-p95, recovery, frames"
    )]
    Form(String),
    /// A key that does not exist.
    #[error(
        "{0:?} is none of the keys error-p95, latency-p95, loss, undetected, delivered, freeze, setup-p95, recovery, frames"
    )]
    Key(String),
    /// A key that was there before.
    #[error("{0} is given twice")]
    Twice(String),
    /// A value that its key does not allow.
    #[error("{key} is {value:?}, allowed is {allowed}")]
    Value {
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What may be given.
        allowed: &'static str,
    },
}

impl FromStr for Objectives {
    type Err = InvalidObjectives;

    /// Parses `error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,recovery=10s,frames=300`, any of the keys in any order.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut objectives = Self::default();
        let mut seen = Vec::new();
        for item in text.split(',') {
            let (key, value) =
                item.trim().split_once('=').ok_or_else(|| InvalidObjectives::Form(item.to_owned()))?;
            objectives.set(key, value)?;
            if seen.contains(&key) {
                return Err(InvalidObjectives::Twice(key.to_owned()));
            }
            seen.push(key);
        }
        Ok(objectives)
    }
}

impl Objectives {
    fn set(&mut self, key: &str, value: &str) -> Result<(), InvalidObjectives> {
        const DURATION: &str = "a duration such as 150ms, 5s or 1m30s";
        let refused =
            |allowed| InvalidObjectives::Value { key: key.to_owned(), value: value.to_owned(), allowed };
        let duration = || duration::parse(value).map_err(|_| refused(DURATION));
        let percent = || decimal(value, 100.0).ok_or_else(|| refused("percent from 0 to 100"));
        match key {
            "error-p95" => {
                let pixels = decimal(value, 99_999.999);
                self.error_p95_pixels = Some(pixels.ok_or_else(|| refused("pixels from 0 to 99999.999"))?);
            }
            "latency-p95" => self.latency_p95 = Some(duration()?),
            "loss" => self.loss_percent = Some(percent()?),
            "undetected" => self.undetected_percent = Some(percent()?),
            "delivered" => self.delivered_percent = Some(percent()?),
            "freeze" => self.longest_freeze = Some(duration()?),
            "recovery" => self.recovery = Some(duration()?),
            "setup-p95" => self.setup_p95 = Some(duration()?),
            "frames" => {
                let frames = value.parse().ok().filter(|frames| *frames > 0);
                self.minimum_frames = frames.ok_or_else(|| refused("a number of frames from 1"))?;
            }
            _ => return Err(InvalidObjectives::Key(key.to_owned())),
        }
        Ok(())
    }
}

/// Digits with at most one point: no sign, no exponent, no `inf` or `nan`, which `f64` would take.
fn decimal(text: &str, most: f64) -> Option<f64> {
    let plain =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit());
    let plain = plain && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|value| plain && *value <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_key_sets_its_limit() {
        let text = "error-p95=1.5,latency-p95=200ms,loss=0,undetected=2,delivered=95.5,freeze=1s,setup-p95=1m30s,recovery=10s,frames=30";
        let all = Objectives {
            error_p95_pixels: Some(1.5),
            latency_p95: Some(Duration::from_millis(200)),
            loss_percent: Some(0.0),
            undetected_percent: Some(2.0),
            delivered_percent: Some(95.5),
            longest_freeze: Some(Duration::from_secs(1)),
            setup_p95: Some(Duration::from_secs(90)),
            minimum_frames: 30,
            recovery: Some(Duration::from_secs(10)),
        };
        assert_eq!(text.parse(), Ok(all));
        assert_eq!("loss=1".parse(), Ok(Objectives { loss_percent: Some(1.0), ..Objectives::default() }));
    }

    #[test]
    fn a_refusal_names_key_value_and_what_is_allowed() {
        for (text, message) in [
            ("loss=101", "loss is \"101\", allowed is percent from 0 to 100"),
            ("loss=nan", "loss is \"nan\", allowed is percent from 0 to 100"),
            ("error-p95=-1", "error-p95 is \"-1\", allowed is pixels from 0 to 99999.999"),
            ("freeze=1", "freeze is \"1\", allowed is a duration such as 150ms, 5s or 1m30s"),
            ("frames=0", "frames is \"0\", allowed is a number of frames from 1"),
            ("loss=1,loss=2", "loss is given twice"),
            (
                "fps=30",
                "\"fps\" is none of the keys error-p95, latency-p95, loss, undetected, delivered, freeze, setup-p95, recovery, frames",
            ),
            (
                "loss",
                "\"loss\" is no key=value, with a key of error-p95, latency-p95, loss, undetected, delivered, freeze, setup-p95, recovery, frames",
            ),
        ] {
            assert_eq!(text.parse::<Objectives>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z0-9=,.\\-]{0,40}") {
            let _ = text.parse::<Objectives>();
        }
    }
}
