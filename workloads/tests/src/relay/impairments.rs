//! What a network does to datagrams from now on, whatever their place in the stream: it may change while sessions run.

use serde::Deserialize;

/// Of both directions and of signalling. The default carries everything as it comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Impairments {
    /// From the server to the client: media.
    pub to_client: Impairment,
    /// From the client to the server: reports and feedback.
    pub to_server: Impairment,
    /// Signalling waits, its end included, and goes on when this ends.
    pub is_signalling_held: bool,
}

/// Of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Impairment {
    /// The part of the datagrams that is dropped, 0 to 1.
    pub loss: f64,
    /// How many are dropped in a row on average, from 1; without it each one's fate is its own.
    pub burst: Option<f64>,
    /// The part of the datagrams that arrive after one or two later ones of their kind, 0 to 1.
    pub reordered: f64,
    /// The part of the datagrams that arrive twice, 0 to 1.
    pub duplicated: f64,
    /// Larger ones, in bytes of UDP payload, are dropped.
    pub largest_bytes: Option<usize>,
    /// As many kilobits a second get through; what would wait for longer than 200 ms is dropped.
    pub kbps: Option<u64>,
    /// How much later all arrive.
    pub delay_milliseconds: u64,
    /// How much later than that one may arrive, by chance, which is how they overtake each other.
    pub jitter_milliseconds: u64,
    /// Nothing arrives and nothing is lost: everything arrives when this ends.
    pub is_held: bool,
}

/// A direction of the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToClient,
    ToServer,
}

/// Impairments that no network has.
#[derive(Debug)]
pub enum InvalidImpairments {
    /// No JSON of [`Impairments`].
    Syntax(serde_json::Error),
    /// A number out of its range.
    Range(&'static str),
}

impl std::fmt::Display for InvalidImpairments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "no impairments: {error}"),
            Self::Range(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for InvalidImpairments {}

impl Impairments {
    /// From JSON; what is left out is the default.
    ///
    /// # Errors
    /// Where it is something else, or a number is out of its range.
    pub fn parse(text: &str) -> Result<Self, InvalidImpairments> {
        let impairments: Self = serde_json::from_str(text).map_err(InvalidImpairments::Syntax)?;
        for impairment in [impairments.to_client, impairments.to_server] {
            let Impairment { loss, burst, reordered, duplicated, kbps, .. } = impairment;
            if ![loss, reordered, duplicated].iter().all(|part| (0.0..=1.0).contains(part)) {
                return Err(InvalidImpairments::Range("loss, reordered and duplicated must be from 0 to 1"));
            }
            if kbps == Some(0) {
                return Err(InvalidImpairments::Range("kbps must be at least 1"));
            }
            if burst.is_some_and(|burst| burst.is_nan() || burst < 1.0) {
                return Err(InvalidImpairments::Range("burst must be at least 1"));
            }
        }
        Ok(impairments)
    }

    pub(super) fn of(&self, direction: Direction) -> &Impairment {
        match direction {
            Direction::ToClient => &self.to_client,
            Direction::ToServer => &self.to_server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_no_impairment() {
        assert_eq!(Impairments::parse("{}").unwrap(), Impairments::default());
        let lossy =
            Impairments::parse(r#"{"toClient":{"loss":0.1,"burst":4},"isSignallingHeld":true}"#).unwrap();
        assert_eq!(lossy.to_client, Impairment { loss: 0.1, burst: Some(4.0), ..Impairment::default() });
        assert!(lossy.is_signalling_held && lossy.to_server == Impairment::default());
    }

    #[test]
    fn what_no_network_does_is_refused() {
        for text in [
            "",
            r#"{"loss":0.1}"#,
            r#"{"toClient":{"loss":10}}"#,
            r#"{"toServer":{"reordered":-0.1}}"#,
            r#"{"toServer":{"burst":0.5}}"#,
            r#"{"toServer":{"duplicated":2}}"#,
            r#"{"toClient":{"kbps":0}}"#,
        ] {
            assert!(Impairments::parse(text).is_err(), "{text}");
        }
    }
}
