//! Clients as they really are, on virtual time: what happens to frames and reports on the way, and what the viewer sees.

use std::collections::VecDeque;
use std::time::Duration;

use ballsession_measure::{Ended, Objectives, SessionId, verdict::Verdict};
use report::{
    ClientRow,
    channel::{ClientCpu, ClientStats, FrameOutcome, FrameReport, Hello, Message, Previous, Recovery},
    judged::{JudgedClient, JudgedSession},
};

use crate::run::Run;

pub(crate) const OBJECTIVES: &str =
    "error-p95=9,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,frames=100";

/// From capture to report, in ms.
const LATENCY: u64 = 20;

/// What becomes of a client's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Good,
    Undetected,
    Undecodable,
    /// It does not come.
    Lost,
    /// It is decoded, but its report does not come.
    Unheard,
    /// Neither the frame comes nor any report.
    Cut,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) fate: Fate,
    /// Whether it repeats outcomes, and says for how long it held frames and what it counted.
    pub(crate) is_new: bool,
    pub(crate) session: Option<SessionId>,
    pub(crate) instance: u64,
    pub(crate) attempt: Option<u32>,
    pub(crate) cpu: ClientCpu,
    /// What it says that it had to recover from.
    pub(crate) recovery: Option<Recovery>,
    reconnects: u32,
    previous: Previous,
    /// When this process decoded its last frame, in ms.
    decoded: Option<u64>,
    /// The gaps between its decoded frames and when they ended, in ms.
    gaps: VecDeque<(u64, u64)>,
    freezes: u64,
    received: u64,
}

/// A run and its clients.
pub(crate) struct World {
    pub(crate) run: Run,
    pub(crate) clients: Vec<Client>,
    fps: u64,
    frame: u64,
    sessions: u64,
    /// Whether frames are made at all.
    pub(crate) camera: bool,
}

impl World {
    pub(crate) fn new(fps: u32, window_seconds: u64) -> Self {
        let run = Run::with_window(fps, 3000, Duration::from_secs(window_seconds));
        Self { run, clients: Vec::new(), fps: fps.into(), frame: 0, sessions: 0, camera: true }
    }

    /// A client that joins at once.
    pub(crate) fn join(&mut self, name: &str) -> usize {
        self.add(name, true)
    }

    /// A client of the version before.
    pub(crate) fn join_old(&mut self, name: &str) -> usize {
        self.add(name, false)
    }

    /// A client that had a session with another server process.
    pub(crate) fn come_over(&mut self, name: &str, recovery: Recovery) -> usize {
        let client = self.push(name, true);
        self.clients[client].reconnects = 1;
        self.clients[client].recovery = Some(recovery);
        self.connect(client);
        client
    }

    fn add(&mut self, name: &str, is_new: bool) -> usize {
        let client = self.push(name, is_new);
        self.connect(client);
        client
    }

    fn push(&mut self, name: &str, is_new: bool) -> usize {
        self.clients.push(Client {
            name: name.to_owned(),
            fate: Fate::Good,
            is_new,
            session: None,
            instance: self.clients.len() as u64 + 1,
            attempt: None,
            cpu: ClientCpu::default(),
            recovery: None,
            reconnects: 0,
            previous: Previous::default(),
            decoded: None,
            gaps: VecDeque::new(),
            freezes: 0,
            received: 0,
        });
        self.clients.len() - 1
    }

    pub(crate) fn now(&self) -> u64 {
        self.frame * 1000 / self.fps
    }

    /// Another session of the client; the server has not noticed the end of the one before, if it has not been told.
    pub(crate) fn connect(&mut self, client: usize) -> SessionId {
        let now = self.now();
        self.sessions += 1;
        let id = SessionId(self.sessions);
        self.run.connect(id, now);
        let client = &mut self.clients[client];
        let hello = Hello {
            instance: client.is_new.then(|| format!("{:016x}", client.instance)),
            attempt: client.attempt,
            reconnects: client.reconnects,
            node: Some(format!("node-of-{}", client.name)),
            ..Hello::new(&client.name)
        };
        client.reconnects += 1;
        client.session = Some(id);
        let at = self.run.at(now);
        self.run.measurement.message(id, at, Message::Hello(hello).to_text().as_bytes());
        self.run.measurement.start_counting(id, self.run.timestamp(self.frame));
        id
    }

    /// The client's process is another one from now on.
    pub(crate) fn restart(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.instance += 1000;
        client.reconnects = 0;
        client.decoded = None;
        client.gaps.clear();
        client.freezes = 0;
        client.received = 0;
        client.previous = Previous::default();
    }

    /// The server notices that the client's session is over.
    pub(crate) fn disconnect(&mut self, client: usize, how: Ended) {
        if let Some(id) = self.clients[client].session.take() {
            self.run.measurement.stop_counting(id, Some(self.run.timestamp(self.frame.saturating_sub(1))));
            let now = self.run.at(self.now());
            self.run.measurement.disconnect(id, how, now);
        }
    }

    pub(crate) fn play(&mut self, milliseconds: u64) {
        let end = self.now() + milliseconds;
        while self.now() < end {
            self.step();
        }
    }

    /// Holds so many frames for a client, and then lets all of them through at once.
    pub(crate) fn hold(&mut self, client: usize, frames: u64) {
        let first = self.frame;
        let id = self.clients[client].session.take();
        (0..frames).for_each(|_| self.step());
        self.clients[client].session = id;
        let (now, last) = (self.now(), self.frame);
        for frame in first..last {
            let timestamp = self.run.timestamp(frame);
            let message = self.clients[client].frame(frame, timestamp, now);
            if let (Some(message), Some(id)) = (message, id) {
                let at = self.run.at(now);
                self.run.measurement.message(id, at, message.to_text().as_bytes());
            }
        }
    }

    /// One frame.
    pub(crate) fn step(&mut self) {
        let (frame, now) = (self.frame, self.now());
        if self.camera {
            self.run.capture(frame, now);
            let timestamp = self.run.timestamp(frame);
            for client in &mut self.clients {
                if let Some(message) = client.frame(frame, timestamp, now)
                    && let Some(id) = client.session
                {
                    let at = self.run.at(now + LATENCY);
                    self.run.measurement.message(id, at, message.to_text().as_bytes());
                }
            }
        } else {
            self.run.measurement.skipped(1);
        }
        self.frame += 1;
        let second = |frame: u64| frame * 1000 / self.fps / 1000;
        if second(self.frame) != second(frame) {
            self.second();
        }
    }

    fn second(&mut self) {
        let now = self.now();
        for client in self.clients.iter_mut().filter(|client| client.is_new && client.hears()) {
            if let Some(id) = client.session {
                let stats = Message::Stats(client.stats(now));
                let at = self.run.at(now);
                self.run.measurement.message(id, at, stats.to_text().as_bytes());
            }
        }
        self.run.expire_lost(now);
    }

    pub(crate) fn judged(&self) -> JudgedSession {
        self.run.measurement.judged(self.run.at(self.now()))
    }

    pub(crate) fn client(&self, name: &str) -> JudgedClient {
        let judged = self.judged();
        judged.clients.into_iter().find(|client| client.id == name).expect("a client of that name")
    }

    pub(crate) fn row(&self, name: &str) -> ClientRow {
        let rows = self.run.summary(self.now()).clients;
        rows.into_iter().find(|row| row.id == name).expect("a row of that name")
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let objectives: Objectives = OBJECTIVES.parse().expect("valid objectives");
        self.run.measurement.verdict(&objectives, self.run.at(self.now()))
    }

    pub(crate) fn said(&self) -> String {
        self.verdict().to_string()
    }
}

impl Client {
    /// Whether what it says comes.
    fn hears(&self) -> bool {
        self.session.is_some() && !matches!(self.fate, Fate::Unheard | Fate::Cut)
    }

    /// What it reports of a frame, if that comes.
    fn frame(&mut self, frame: u64, timestamp: u32, now: u64) -> Option<Message> {
        self.session?;
        if matches!(self.fate, Fate::Lost | Fate::Cut) {
            return None;
        }
        self.received += 1;
        let truth = Run::truth(frame);
        let outcome = match self.fate {
            Fate::Undetected => FrameOutcome::Undetected,
            Fate::Undecodable => FrameOutcome::Undecodable,
            _ => FrameOutcome::Position { x: truth.x + 3.0, y: truth.y + 4.0, confidence: 1.0 },
        };
        if outcome != FrameOutcome::Undecodable {
            self.decode(now);
        }
        let report = FrameReport {
            held_microseconds: self.is_new.then_some(1500),
            previous: if self.is_new { self.previous } else { Previous::default() },
            ..FrameReport::new(timestamp, outcome)
        };
        self.previous.push(timestamp, outcome);
        self.hears().then_some(Message::Frame(report))
    }

    fn decode(&mut self, now: u64) {
        if let Some(last) = self.decoded.replace(now) {
            let gap = now - last;
            self.freezes += u64::from(gap >= 250);
            self.gaps.push_back((now, gap));
        }
    }

    /// The longest gap that ended in the last `reach` ms or is open, and the time since the last frame.
    pub(crate) fn gap(&self, now: u64, reach: u64) -> Option<(u64, u64)> {
        let open = now - self.decoded?;
        let ended = self.gaps.iter().filter(|(end, _)| end + reach >= now).map(|(_, gap)| *gap).max();
        Some((ended.unwrap_or(0).max(open), open))
    }

    fn stats(&self, now: u64) -> ClientStats {
        let gap = self.gap(now, 3000);
        ClientStats {
            packets_received: self.received * 5,
            frames_received: self.received,
            frames_decoded: self.gaps.len() as u64,
            freeze_count: self.freezes,
            longest_gap: gap.map(|(longest, _)| longest as f64),
            since_decoded: gap.map(|(_, open)| open as f64),
            cpu: self.cpu,
            recovery: self.recovery,
            ..ClientStats::default()
        }
    }
}
