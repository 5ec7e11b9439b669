//! What befalls a holder at seeded moments, and how soon another one writes: never both of them.

use super::*;
use crate::lease::record;

/// When everything has been calm for long enough.
const BEGIN: Duration = Duration::from_secs(20);
/// How long after a fault is watched.
const WATCHED: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is asked to end, and gives the lease up.
    Ended,
    /// It ends without a warning.
    Killed,
    /// It stops for a while, and goes on where it was.
    Frozen,
    /// None of its requests reaches the server any more.
    CutOff,
}

impl Fault {
    /// Within this time another one writes.
    fn limit(self) -> Duration {
        match self {
            Self::Ended => Duration::from_secs(5),
            Self::Killed | Self::Frozen | Self::CutOff => Timing::DURATION + Duration::from_secs(2),
        }
    }
}

/// The simulation, where the holder writes other things as well.
struct Writers {
    simulation: Simulation,
    /// When each write arrives, and of whom it is.
    under_way: Vec<(Instant, u32)>,
    /// Who wrote last.
    last: Option<u32>,
    /// Whose writes must not arrive any more.
    former: Vec<u32>,
}

impl Writers {
    fn new(seed: u64) -> Self {
        let mut simulation = Simulation::new(seed);
        simulation.faults_end = simulation.now;
        Self { simulation, under_way: Vec::new(), last: None, former: Vec::new() }
    }

    /// The index of the process that holds the lease.
    fn holder(&self) -> Option<usize> {
        let now = self.simulation.now;
        let holds = |process: &Process| process.election.held_until().is_some_and(|until| now < until);
        self.simulation.processes.iter().position(holds)
    }

    fn tick(&mut self) {
        self.simulation.tick();
        let now = self.simulation.now;
        if let Some(holder) = self.holder()
            && self.simulation.processes[holder].stopped_until <= now
        {
            let arrives = now + self.simulation.travel().unwrap();
            self.under_way.push((arrives, self.simulation.processes[holder].incarnation));
        }
        for (_, writer) in self.under_way.extract_if(.., |(arrives, _)| *arrives <= now) {
            assert!(!self.former.contains(&writer), "{writer} writes after {:?} did", self.last);
            if let Some(before) = self.last.filter(|before| *before != writer) {
                self.former.push(before);
            }
            self.last = Some(writer);
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.simulation.now + time;
        while self.simulation.now < end {
            self.tick();
        }
    }

    fn befall(&mut self, fault: Fault, holder: usize) {
        let simulation = &mut self.simulation;
        match fault {
            Fault::Ended => {
                let stored = simulation.server.lease.clone().unwrap();
                let identity = record::holder(&stored).unwrap().to_owned();
                let free = record::released(&stored, &identity, Timestamp::UNIX_EPOCH).unwrap();
                simulation.server.carry_out(&Step::Replace(Box::new(free)));
                simulation.processes[holder] = simulation.start();
            }
            Fault::Killed => simulation.processes[holder] = simulation.start(),
            Fault::Frozen => {
                // Long enough to lose the lease, and not always long enough for another one to have it.
                let time = Duration::from_millis(simulation.rng.u64(10_000..40_000));
                simulation.processes[holder].stopped_until = simulation.now + time;
            }
            Fault::CutOff => simulation.processes[holder].is_cut_off = true,
        }
    }
}

#[test]
fn whatever_befalls_the_holder_another_one_takes_over_in_time() {
    for fault in [Fault::Ended, Fault::Killed, Fault::Frozen, Fault::CutOff] {
        let mut slowest = Duration::ZERO;
        for seed in 0..20 {
            let mut writers = Writers::new(seed);
            let moment = Duration::from_millis(writers.simulation.rng.u64(..15_000));
            writers.run(BEGIN + moment);
            let before = writers.last.unwrap();
            let holder = writers.holder().unwrap();
            writers.befall(fault, holder);
            let begin = writers.simulation.now;
            while writers.last == Some(before) {
                let lasts = writers.simulation.now - begin;
                assert!(lasts <= fault.limit(), "{fault:?}, seed {seed}: nobody writes after {lasts:?}");
                writers.tick();
            }
            slowest = slowest.max(writers.simulation.now - begin);
            writers.run(WATCHED);
        }
        // A fault that nobody notices would show nothing.
        assert!(slowest > Duration::from_millis(200), "{fault:?}: {slowest:?}");
    }
}
