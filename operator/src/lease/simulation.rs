//! Several contenders and a server on virtual time, over a network that delays and loses requests and answers, with
//! processes that stop for a while and start anew. Whatever happens, no two of them hold the lease at a time.

use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use crate::lease::election::{Election, Step};
use crate::lease::{Settings, Timing};

mod takeover;

const TICK: Duration = Duration::from_millis(50);
const CONTENDERS: usize = 3;
/// Faults happen until here,
const FAULTS: Duration = Duration::from_secs(300);
/// and this long after, somebody must hold the lease.
const CALM: Duration = Duration::from_secs(60);

/// A store with the precondition of the API server.
#[derive(Default)]
struct Server {
    lease: Option<Lease>,
    writes: u64,
}

enum Answer {
    Read(Option<Lease>),
    Written(Lease),
    Refused,
}

impl Server {
    fn carry_out(&mut self, step: &Step) -> Answer {
        let version =
            |lease: &Option<Lease>| lease.as_ref().and_then(|l| l.metadata.resource_version.clone());
        let lease = match step {
            Step::Create(lease) if self.lease.is_none() => lease,
            Step::Replace(lease) if lease.metadata.resource_version == version(&self.lease) => lease,
            Step::Create(_) | Step::Replace(_) => return Answer::Refused,
            _ => return Answer::Read(self.lease.clone()),
        };
        self.writes += 1;
        let mut stored = Lease::clone(lease);
        stored.metadata.resource_version = Some(self.writes.to_string());
        self.lease = Some(stored.clone());
        Answer::Written(stored)
    }
}

/// A request under way. It may be carried out after its sender has given up waiting.
struct Request {
    step: Step,
    sender: u32,
    sent: Instant,
    arrives: Option<Instant>,
    answer: Option<(Instant, Answer)>,
    answer_takes: Option<Duration>,
}

struct Process {
    election: Election,
    incarnation: u32,
    waits_for_answer: bool,
    stopped_until: Instant,
    is_cut_off: bool,
}

struct Simulation {
    rng: Rng,
    now: Instant,
    faults_end: Instant,
    server: Server,
    requests: Vec<Request>,
    processes: Vec<Process>,
    incarnations: u32,
    changes_of_holder: u32,
    holder: Option<u32>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let now = Instant::now();
        let mut simulation = Self {
            rng: Rng::with_seed(seed),
            now,
            faults_end: now + FAULTS,
            server: Server::default(),
            requests: Vec::new(),
            processes: Vec::new(),
            incarnations: 0,
            changes_of_holder: 0,
            holder: None,
        };
        for _ in 0..CONTENDERS {
            let process = simulation.start();
            simulation.processes.push(process);
        }
        simulation
    }

    fn start(&mut self) -> Process {
        self.incarnations += 1;
        let settings = Settings {
            namespace: "tower".into(),
            name: "operator".into(),
            identity: format!("process-{}", self.incarnations),
            predecessors: None,
            timing: Timing::default(),
        };
        Process {
            election: Election::new(settings),
            incarnation: self.incarnations,
            waits_for_answer: false,
            stopped_until: self.now,
            is_cut_off: false,
        }
    }

    fn faulty(&self) -> bool {
        self.now < self.faults_end
    }

    /// How long something takes on the network; `None` for ever.
    fn travel(&mut self) -> Option<Duration> {
        let lost = self.faulty() && self.rng.u8(..100) < 25;
        let slow = self.faulty() && self.rng.u8(..100) < 10;
        let limit = if slow { 20_000 } else { 80 };
        (!lost).then(|| Duration::from_millis(self.rng.u64(..limit)))
    }

    fn tick(&mut self) {
        self.deliver();
        for index in 0..self.processes.len() {
            if self.faulty() && self.rng.u32(..4000) == 0 {
                // Stopped, as by a debugger, a full disk or a busy node.
                self.processes[index].stopped_until = self.now + Duration::from_secs(self.rng.u64(..40));
            }
            if self.faulty() && self.rng.u32(..4000) == 0 {
                self.processes[index] = self.start();
            }
            if self.processes[index].stopped_until <= self.now {
                self.run(index);
            }
        }
        self.at_most_one_holds();
        self.now += TICK;
    }

    /// Carries out what arrives now.
    fn deliver(&mut self) {
        for request in &mut self.requests {
            if request.arrives.is_some_and(|arrives| arrives <= self.now) {
                request.arrives = None;
                let answer = self.server.carry_out(&request.step);
                request.answer = request.answer_takes.map(|takes| (self.now + takes, answer));
            }
        }
    }

    /// Lets a process take its answer, or the lack of one, and do its next step.
    fn run(&mut self, index: usize) {
        let now = self.now;
        let process = &mut self.processes[index];
        if process.waits_for_answer {
            let own = |request: &&mut Request| request.sender == process.incarnation;
            let Some(request) = self.requests.iter_mut().rfind(own) else { return };
            let answered = request.answer.take_if(|(comes, _)| *comes <= now);
            match answered {
                Some((_, Answer::Read(lease))) => process.election.read(now, lease),
                Some((_, Answer::Written(lease))) => process.election.written(request.sent, lease),
                Some((_, Answer::Refused)) => process.election.refused(now),
                None if now >= request.sent + Timing::default().request_timeout => {
                    process.election.failed(now, "no answer".into());
                }
                None => return,
            }
            process.waits_for_answer = false;
        }
        match process.election.next(now, Timestamp::UNIX_EPOCH) {
            Step::Wait(_) => {}
            // The process exits, and its supervisor starts another.
            Step::Lost(_) => self.processes[index] = self.start(),
            step => {
                process.waits_for_answer = true;
                let sender = process.incarnation;
                let is_cut_off = process.is_cut_off;
                let (there, back) = (self.travel().filter(|_| !is_cut_off), self.travel());
                let arrives = there.map(|takes| now + takes);
                let request = Request { step, sender, sent: now, arrives, answer: None, answer_takes: back };
                self.requests.push(request);
            }
        }
    }

    fn at_most_one_holds(&mut self) {
        let now = self.now;
        let holds = |process: &&Process| process.election.held_until().is_some_and(|until| now < until);
        let holders: Vec<_> =
            self.processes.iter().filter(holds).map(|process| process.incarnation).collect();
        assert!(holders.len() <= 1, "{holders:?} hold the lease at a time");
        if let Some(holder) = holders.first()
            && self.holder != Some(*holder)
        {
            self.holder = Some(*holder);
            self.changes_of_holder += 1;
        }
    }
}

#[test]
fn no_two_hold_the_lease_at_a_time_and_somebody_does_in_the_end() {
    let mut changes = 0;
    for seed in 0..60 {
        let mut simulation = Simulation::new(seed);
        let end = simulation.now + FAULTS + CALM;
        while simulation.now < end {
            simulation.tick();
        }
        let held = |process: &Process| process.election.held_until().is_some_and(|until| until > end);
        assert!(simulation.processes.iter().any(held), "seed {seed}: nobody holds the lease");
        changes += simulation.changes_of_holder;
    }
    // The faults were such that holders lost it many times, else this would show nothing.
    assert!(changes > 300, "{changes} changes of the holder");
}
