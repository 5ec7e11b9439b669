//! Injects faults. A check that cannot fail proves nothing: with a known fault, the verdict must turn, and for the
//! right reason.

use std::str::FromStr;
use std::time::Duration;

use picture::Point;

/// How often a freeze comes back.
const FREEZE_CYCLE: Duration = Duration::from_secs(5);
/// The longest delay. From 1 s on reports are late, from 3 s on their frames are lost.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// One fault, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fault {
    kind: Kind,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Positions are off by so many pixels.
    Offset(f64),
    /// This part of the reports, 0 to 1, is left out.
    Drop(f64),
    /// Reports go out so much later.
    Delay(Duration),
    /// Nothing is decoded for so long, in every cycle.
    Freeze(Duration),
}

/// A fault that does not exist.
#[derive(Debug, thiserror::Error)]
#[error(
    "must be offset=5px (0 to 1000), drop=2% (0 to 100), delay=300ms (up to 10s) or freeze=1s (up to 4s), each with @seed at the end if wanted"
)]
pub(crate) struct UnknownFault;

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let (fault, seed) = match text.split_once('@') {
            Some((fault, seed)) => (fault, seed.parse().map_err(|_| UnknownFault)?),
            None => (text, 0),
        };
        let (name, value) = fault.split_once('=').ok_or(UnknownFault)?;
        let number = |unit: &str, limit: f64| {
            let number = value.strip_suffix(unit).and_then(|number| number.parse::<f64>().ok());
            number.filter(|number| (0.0..=limit).contains(number)).ok_or(UnknownFault)
        };
        let duration = |limit: Duration| {
            let duration = report::duration::parse(value).map_err(|_| UnknownFault)?;
            if duration <= limit { Ok(duration) } else { Err(UnknownFault) }
        };
        let kind = match name {
            "offset" => Kind::Offset(number("px", 1000.0)?),
            "drop" => Kind::Drop(number("%", 100.0)? / 100.0),
            "delay" => Kind::Delay(duration(LONGEST_DELAY)?),
            "freeze" => Kind::Freeze(duration(FREEZE_CYCLE - Duration::from_secs(1))?),
            _ => return Err(UnknownFault),
        };
        Ok(Self { kind, seed })
    }
}

/// All faults of a client, at work.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    faults: Vec<(Kind, fastrand::Rng)>,
}

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self {
            faults: faults.iter().map(|fault| (fault.kind, fastrand::Rng::with_seed(fault.seed))).collect(),
        }
    }

    /// Where the ball is said to be, when it was seen at `position`.
    pub(crate) fn distort(&mut self, position: Point) -> Point {
        self.faults.iter_mut().fold(position, |position, (kind, random)| match kind {
            Kind::Offset(pixels) => {
                let (sin, cos) = (random.f64() * std::f64::consts::TAU).sin_cos();
                Point { x: position.x + *pixels * cos, y: position.y + *pixels * sin }
            }
            _ => position,
        })
    }

    /// Whether the next report is left out.
    pub(crate) fn drops(&mut self) -> bool {
        self.faults.iter_mut().fold(false, |drops, (kind, random)| match kind {
            Kind::Drop(part) => random.f64() < *part || drops,
            _ => drops,
        })
    }

    /// How much later reports go out.
    pub(crate) fn delay(&self) -> Duration {
        let delay = |kind: &Kind| if let Kind::Delay(delay) = kind { *delay } else { Duration::ZERO };
        self.faults.iter().map(|(kind, _)| delay(kind)).sum()
    }

    /// Whether nothing is to be decoded `elapsed` after the first frame. A cycle ends with its freeze, so that a
    /// client has worked before it fails.
    pub(crate) fn freezes(&self, elapsed: Duration) -> bool {
        let phase = Duration::from_secs_f64(elapsed.as_secs_f64() % FREEZE_CYCLE.as_secs_f64());
        let freezes = |kind: &Kind| matches!(kind, Kind::Freeze(length) if phase >= FREEZE_CYCLE.saturating_sub(*length));
        self.faults.iter().any(|(kind, _)| freezes(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[&str]) -> Faults {
        Faults::new(&texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn an_offset_is_as_far_as_it_says_whatever_its_direction() {
        let mut faults = faults(&["offset=5px"]);
        let ball = Point { x: 100.0, y: 50.0 };
        for _ in 0..100 {
            assert!((faults.distort(ball).distance(ball) - 5.0).abs() < 1e-9);
        }
    }

    #[test]
    fn drops_are_as_many_as_asked_for_and_the_same_every_time() {
        let run = |text| {
            let mut faults = faults(&[text]);
            (0..10_000).map(|_| faults.drops()).collect::<Vec<_>>()
        };
        let dropped = run("drop=2%@7").into_iter().filter(|drops| *drops).count();
        assert!((150..250).contains(&dropped), "{dropped}");
        assert_eq!(run("drop=2%@7"), run("drop=2%@7"));
        assert_ne!(run("drop=2%@7"), run("drop=2%@8"));
    }

    #[test]
    fn freezes_end_each_cycle_and_delays_add_up() {
        let faults = faults(&["freeze=1s", "delay=300ms", "delay=0.2s"]);
        let at = |ms| faults.freezes(Duration::from_millis(ms));
        assert_eq!(
            [0, 3999, 4000, 4999, 5000, 8999, 9000].map(at),
            [false, false, true, true, false, false, true]
        );
        assert_eq!(faults.delay(), Duration::from_millis(500));
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in [
            "",
            "offset",
            "offset=5",
            "offset=-1px",
            "drop=101%",
            "drop=x%",
            "delay=11s",
            "freeze=5s",
            "freeze=1s@x",
            "lie=1",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
