//! What befalls requests, and the seeded choice of it.

use std::time::Duration;

use fastrand::Rng;
use http::{Method, Request, StatusCode};

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It gets this answer, and nothing is done.
    Refused(StatusCode),
    /// The same, with so many seconds to wait for.
    Busy(StatusCode, u64),
    /// A watch begins well, and its first event is that the version is gone from which it was to go on.
    GoneEvent,
    /// It arrives later.
    Slow(Duration),
    /// It is taken and never answered, and nothing is done.
    HalfOpen,
    /// Its answer ends in the middle.
    Cut,
    /// A watch stays open, and nothing comes of it.
    Deaf,
    /// It is carried out, and the connection ends without an answer.
    AnswerLost,
}

/// What requests are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Watch,
    Read,
    Write,
}

impl Kind {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        match (request.method(), is_watch) {
            (&Method::GET, true) => Self::Watch,
            (&Method::GET, false) => Self::Read,
            _ => Self::Write,
        }
    }

    /// What may befall it. Nothing is later than a lease's holder gives up before others can take it.
    fn faults(self) -> &'static [Fault] {
        const CONFLICT: Fault = Fault::Refused(StatusCode::CONFLICT);
        const GONE: Fault = Fault::Refused(StatusCode::GONE);
        const BUSY: Fault = Fault::Busy(StatusCode::TOO_MANY_REQUESTS, 1);
        const BROKEN: Fault = Fault::Refused(StatusCode::INTERNAL_SERVER_ERROR);
        const AWAY: Fault = Fault::Refused(StatusCode::SERVICE_UNAVAILABLE);
        const SLOW: Fault = Fault::Slow(Duration::from_millis(900));
        match self {
            Self::Watch => {
                &[GONE, BUSY, BROKEN, AWAY, SLOW, Fault::GoneEvent, Fault::HalfOpen, Fault::Cut, Fault::Deaf]
            }
            Self::Read => &[GONE, BUSY, BROKEN, AWAY, SLOW, Fault::HalfOpen, Fault::Cut, Fault::AnswerLost],
            Self::Write => {
                &[CONFLICT, BUSY, BROKEN, AWAY, SLOW, Fault::HalfOpen, Fault::Cut, Fault::AnswerLost]
            }
        }
    }
}

/// What befalls the `number`th request of a way: of a hundred so many have a fault. The same for the same seed.
pub(crate) fn drawn(seed: u64, percent: u8, number: u64, kind: Kind) -> Fault {
    let mut random = Rng::with_seed(seed.rotate_left(32) ^ number);
    if random.u8(..100) >= percent {
        return Fault::None;
    }
    let faults = kind.faults();
    faults[random.usize(..faults.len())]
}

#[test]
fn faults_are_drawn_by_seed_and_as_often_as_asked_for() {
    let draw = |seed| -> Vec<_> { (0..1000).map(|number| drawn(seed, 20, number, Kind::Write)).collect() };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let faults = draw(3).iter().filter(|fault| **fault != Fault::None).count();
    assert!((150..250).contains(&faults), "{faults}");
    assert!(Kind::Write.faults().iter().all(|fault| draw(3).contains(fault)));
    assert!((0..1000).all(|number| drawn(1, 0, number, Kind::Watch) == Fault::None));
}
