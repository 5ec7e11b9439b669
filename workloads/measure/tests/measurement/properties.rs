//! The verdict is true, whatever happens to frames, reports, connections and wishes.

use std::collections::VecDeque;
use std::time::Instant;

use ballsession_measure::{
    Ended,
    verdict::{Hysteresis, Verdict},
};
use proptest::prelude::*;
use report::judged::{JudgedNumbers, JudgedSession, Media};

use crate::world::{Fate, World};

const FPS: u32 = 10;
/// In s.
const WINDOW: u64 = 10;
const CLIENTS: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Action {
    /// Fates of a client's frames from now on, `share` of them in a hundred.
    Frames {
        client: usize,
        fate: Fate,
        share: u64,
    },
    Camera(bool),
    /// The connection breaks, and the server notices.
    Lose(usize),
    Bye(usize),
    /// It comes back; as another process, perhaps.
    Connect {
        client: usize,
        is_restarted: bool,
    },
    /// Everything to and from a client is held for so many frames.
    Hold {
        client: usize,
        frames: u64,
    },
    Wanted(Option<u8>),
    Epoch,
    Suspend(bool),
    Play {
        seconds: u64,
    },
}

struct Property {
    world: World,
    /// Of a hundred frames of each client those that its fate is for.
    shares: Vec<u64>,
    is_suspended: bool,
    epoch: u32,
    hysteresis: Hysteresis,
    /// Whether nothing breached and there was data, in each of the last seconds.
    quiet: VecDeque<bool>,
}

impl Property {
    fn new() -> Self {
        let mut world = World::new(FPS, WINDOW);
        (0..CLIENTS).for_each(|index| {
            world.join(&format!("client-{index}"));
        });
        let shares = vec![100; CLIENTS];
        let hysteresis = Hysteresis::default();
        Self { world, shares, is_suspended: false, epoch: 0, hysteresis, quiet: VecDeque::new() }
    }

    fn now(&self) -> Instant {
        self.world.run.at(self.world.now())
    }

    fn act(&mut self, action: Action) -> Result<(), TestCaseError> {
        let now = self.now();
        match action {
            Action::Frames { client, fate, share } => {
                self.world.clients[client].fate = fate;
                self.shares[client] = share;
            }
            Action::Camera(is_on) => self.world.camera = is_on,
            Action::Lose(client) => self.world.disconnect(client, Ended::Lost),
            Action::Bye(client) => self.world.disconnect(client, Ended::Bye),
            Action::Connect { client, is_restarted } => {
                if is_restarted {
                    self.world.restart(client);
                }
                self.world.connect(client);
            }
            Action::Hold { client, frames } => self.world.hold(client, frames),
            Action::Wanted(wanted) => {
                let ids = wanted.map(|bits| {
                    (0..CLIENTS + 1)
                        .filter(|index| bits >> index & 1 == 1)
                        .map(|index| format!("client-{index}"))
                        .collect()
                });
                self.world.run.measurement.set_wanted(ids, now);
            }
            Action::Epoch => {
                self.epoch += 1;
                self.world.run.measurement.set_epoch(&self.epoch.to_string(), now);
            }
            Action::Suspend(is_suspended) => {
                self.is_suspended = is_suspended;
                self.world.run.measurement.set_suspended(is_suspended, now);
            }
            Action::Play { seconds } => {
                for _ in 0..seconds {
                    self.second();
                    self.check()?;
                }
            }
        }
        Ok(())
    }

    /// One second, with the share of frames that the fates are for.
    fn second(&mut self) {
        let fates: Vec<Fate> = self.world.clients.iter().map(|client| client.fate).collect();
        for frame in 0..u64::from(FPS) {
            for (client, (fate, share)) in self.world.clients.iter_mut().zip(fates.iter().zip(&self.shares)) {
                let is_hit = frame * 100 / u64::from(FPS) < *share;
                client.fate = if is_hit { *fate } else { Fate::Good };
            }
            self.world.step();
        }
        self.world.clients.iter_mut().zip(fates).for_each(|(client, fate)| client.fate = fate);
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let (now, time) = (self.now(), self.world.now());
        let judged = self.world.judged();
        let verdict = self.world.verdict();
        let shown = self.hysteresis.update(verdict.clone(), now).clone();
        let wanted: Vec<_> = judged.clients.iter().filter(|client| client.is_wanted).collect();
        let forgiven = judged.epoch_age_seconds.is_some_and(|age| age < 60.0);

        // What is judged breaches nothing beside a good verdict, and is what the rows say.
        let numbers = wanted.iter().map(|client| &client.numbers).chain([&judged.all]);
        let breached = !wanted.is_empty() && numbers.clone().any(|numbers| breaches(numbers, &judged));
        let without_media = wanted.iter().any(|client| match client.media {
            Media::Flowing => false,
            Media::Gone { seconds } | Media::Stopped { seconds } | Media::NeverHad { seconds } => {
                seconds >= 5.0
            }
            Media::Awaited { seconds } => seconds >= 60.0,
        });
        for said in [&verdict, &shown] {
            prop_assert!(
                !((breached || without_media || wanted.is_empty()) && said.is_met()),
                "{said} of {judged:?}"
            );
        }

        // What the viewers really saw, whatever the measurement makes of it.
        for client in self.world.clients.iter() {
            if !wanted.iter().any(|known| known.id == client.name) {
                continue;
            }
            if let Some((_, open)) = client.gap(time, 0)
                && open > 5100
            {
                prop_assert!(
                    !verdict.is_met() && !shown.is_met(),
                    "{open} ms without media: {verdict}, {judged:?}"
                );
            }
        }
        if self.is_suspended {
            prop_assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{verdict}");
        }

        // Ten seconds without a breach and enough data: it is good.
        // Frames of clients that are not wanted any more are settled, too, and say nothing of those that are.
        let has_data = judged.all.settled >= 90 * wanted.len().max(1) as u64
            && judged.all.wanted_seconds >= 0.9 * judged.span_seconds
            && judged.all.delivered_percent.is_some()
            && wanted
                .iter()
                .all(|client| !matches!(client.media, Media::Awaited { .. } | Media::NeverHad { .. }));
        let is_clean = !breached && !without_media && !wanted.is_empty() && !self.is_suspended && has_data;
        let has_all = wanted
            .iter()
            .all(|client| client.media == Media::Flowing && client.numbers.wanted_seconds >= 9.0);
        self.quiet.push_back(is_clean && (has_all || !forgiven));
        if self.quiet.len() > 11 {
            self.quiet.pop_front();
        }
        if self.quiet.len() == 11 && self.quiet.iter().all(|quiet| *quiet) {
            prop_assert!(shown.is_met(), "{shown} ({verdict}) of {judged:?}");
        }
        Ok(())
    }
}

fn breaches(numbers: &JudgedNumbers, judged: &JudgedSession) -> bool {
    let above = |number: Option<f64>, limit: f64| number.is_some_and(|number| number > limit);
    let is_judged = numbers.settled > 0 && numbers.wanted_seconds >= 0.9 * judged.span_seconds;
    let ratios = above(numbers.loss_percent, 1.0)
        || above(numbers.undetected_percent, 1.0)
        || numbers.delivered_percent.is_some_and(|percent| percent < 95.0)
        || above(numbers.error_p95_pixels, 9.0)
        || above(numbers.latency_p95_milliseconds, 200.0);
    is_judged && ratios
        || above(numbers.longest_freeze_milliseconds, 1000.0)
        || above(numbers.setup_p95_milliseconds, 5000.0)
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Good),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Undetected),
        1 => Just(Fate::Undecodable),
        1 => Just(Fate::Unheard),
        1 => Just(Fate::Cut),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let client = 0..CLIENTS;
    prop_oneof![
        4 => (client.clone(), fate(), prop_oneof![Just(100u64), 5..60u64])
            .prop_map(|(client, fate, share)| Action::Frames { client, fate, share }),
        1 => any::<bool>().prop_map(Action::Camera),
        1 => client.clone().prop_map(Action::Lose),
        1 => client.clone().prop_map(Action::Bye),
        2 => (client.clone(), any::<bool>())
            .prop_map(|(client, is_restarted)| Action::Connect { client, is_restarted }),
        1 => (client, 1..30u64).prop_map(|(client, frames)| Action::Hold { client, frames }),
        1 => prop::option::weighted(0.8, 0..16u8).prop_map(Action::Wanted),
        1 => Just(Action::Epoch),
        1 => any::<bool>().prop_map(Action::Suspend),
        8 => prop_oneof![4 => 1..6u64, 2 => 12..25u64].prop_map(|seconds| Action::Play { seconds }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 400, ..ProptestConfig::default() })]

    /// V1, V2, V4 to V7, V19: nothing is called good beside what is not, and what is good is called so in time.
    #[test]
    fn the_verdict_is_true(actions in prop::collection::vec(action(), 1..24)) {
        let mut property = Property::new();
        property.act(Action::Play { seconds: 4 })?;
        for action in actions {
            property.act(action)?;
        }
        property.act(Action::Play { seconds: 3 })?;
    }
}
