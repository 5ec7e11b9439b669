//! Where the ball was in the last moments, and where clients saw it.

use std::collections::VecDeque;

use picture::Point;
use report::SessionId;
use serde::Serialize;

/// Clients that are followed: more lines than that over one another cannot be distinguished.
const FOLLOWED: usize = 4;
/// How far back a path reaches.
const REACH_SECONDS: f64 = 3.0;
/// Positions that are kept of one client: those 3 s, at 60 frames per second.
const SAMPLES: usize = 180;

/// A reported position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// When the report came, since the start.
    pub(super) seconds: f64,
    pub(super) truth: Point,
    pub(super) reported: Point,
}

/// One client's path, as it is written.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Trail {
    pub(crate) client: String,
    /// Seconds since the start, true x and y, reported x and y.
    pub(crate) samples: Vec<[f64; 5]>,
}

/// The paths of the first few clients that are there.
#[derive(Debug, Default)]
pub(super) struct Trails(Vec<Followed>);

#[derive(Debug)]
struct Followed {
    id: SessionId,
    client: String,
    samples: VecDeque<Sample>,
}

impl Trails {
    /// Adds a position, if the session is followed or there is room for it; only then it asks who its client is.
    pub(super) fn add<'a>(&mut self, id: SessionId, client: impl FnOnce() -> &'a str, sample: Sample) {
        let known = self.0.iter().position(|followed| followed.id == id);
        let index = match known {
            Some(index) => index,
            None if self.0.len() < FOLLOWED => {
                self.0.push(Followed { id, client: String::new(), samples: VecDeque::new() });
                self.0.len() - 1
            }
            None => return,
        };
        let (followed, client) = (&mut self.0[index], client());
        // A client has an address for a name until its hello, which may come after a report.
        if followed.client != client {
            client.clone_into(&mut followed.client);
        }
        if followed.samples.len() == SAMPLES {
            followed.samples.pop_front();
        }
        followed.samples.push_back(sample);
    }

    /// The session is over: another one may be followed.
    pub(super) fn remove(&mut self, id: SessionId) {
        self.0.retain(|followed| followed.id != id);
    }

    /// Forgets what is too old at `seconds` since the start, and who has not reported since.
    pub(super) fn forget_before(&mut self, seconds: f64) {
        for followed in &mut self.0 {
            while followed.samples.front().is_some_and(|oldest| oldest.seconds < seconds - REACH_SECONDS) {
                followed.samples.pop_front();
            }
        }
        self.0.retain(|followed| !followed.samples.is_empty());
    }

    pub(super) fn to_wire(&self) -> Vec<Trail> {
        let samples = |followed: &Followed| {
            let samples = followed.samples.iter();
            samples
                .map(|s| [s.seconds, s.truth.x, s.truth.y, s.reported.x, s.reported.y].map(rounded))
                .collect()
        };
        let trail =
            |followed: &Followed| Trail { client: followed.client.clone(), samples: samples(followed) };
        self.0.iter().map(trail).collect()
    }
}

/// To a thousandth: finer is nothing that could be drawn.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: f64) -> Sample {
        Sample { seconds, truth: Point { x: 1.0, y: 2.0 }, reported: Point { x: 1.000_4, y: 2.125 } }
    }

    fn clients(trails: &Trails) -> Vec<String> {
        trails.to_wire().into_iter().map(|trail| trail.client).collect()
    }

    #[test]
    fn a_path_is_that_of_the_last_seconds() {
        let mut trails = Trails::default();
        trails.add(SessionId(1), || "127.0.0.1:5000", sample(1.0));
        trails.add(SessionId(1), || "demo", sample(4.5));
        trails.forget_before(4.6);
        let expected = Trail { client: "demo".into(), samples: vec![[4.5, 1.0, 2.0, 1.0, 2.125]] };
        assert_eq!(trails.to_wire(), [expected]);
        trails.forget_before(60.0);
        assert_eq!(trails.to_wire(), []);
    }

    #[test]
    fn few_clients_are_followed_and_others_take_the_place_of_those_that_go() {
        let mut trails = Trails::default();
        for id in 0..6 {
            trails.add(SessionId(id), || ["0", "1", "2", "3", "4", "5"][id as usize], sample(1.0));
        }
        assert_eq!(clients(&trails), ["0", "1", "2", "3"]);
        trails.remove(SessionId(2));
        trails.add(SessionId(5), || "5", sample(1.0));
        assert_eq!(clients(&trails), ["0", "1", "3", "5"]);
    }

    #[test]
    fn however_often_a_client_reports_its_path_is_bounded() {
        let mut trails = Trails::default();
        (0..10 * SAMPLES).for_each(|_| trails.add(SessionId(1), || "eager", sample(1.0)));
        assert_eq!(trails.to_wire()[0].samples.len(), SAMPLES);
    }
}
