//! What users and kubelets do, by chance.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::model::{Model, is_bounded, spec};

/// As many as there may be at a time, and as many clients as each may have.
const NAMES: [&str; 6] = ["beacon", "buoy", "harbor", "lighthouse", "pier", "quay"];
const CLIENTS: std::ops::RangeInclusive<u32> = 1..=3;

/// One of the things that happen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Create(&'static str, Value),
    /// So many fields of a spec are others.
    Change(String, Value),
    Delete(String),
    /// Pods that are new become ready.
    Start,
    /// A pod fails, or its last client ends as it should, or somebody deletes it. The number says which.
    Fail(usize),
    Succeed(usize),
    Kill(usize),
    /// All servers post.
    Post,
}

impl Step {
    pub(crate) fn drawn(random: &mut Rng, model: &Model) -> Self {
        let free: Vec<_> = NAMES.into_iter().filter(|name| model.spec(name).is_none()).collect();
        let known = model.names();
        let which = random.usize(..1000);
        match random.u32(..100) {
            0..12 if !free.is_empty() => {
                Self::Create(free[which % free.len()], spec(random.u32(CLIENTS), random.bool()))
            }
            12..34 if !known.is_empty() => {
                let name = known[which % known.len()].clone();
                let bounded = model.spec(&name).is_some_and(is_bounded);
                let change = change(random, bounded);
                Self::Change(name, change)
            }
            34..39 if !known.is_empty() => Self::Delete(known[which % known.len()].clone()),
            39..50 => Self::Fail(which),
            50..58 => Self::Kill(which),
            58..68 => Self::Succeed(which),
            68..80 => Self::Post,
            _ => Self::Start,
        }
    }
}

/// Another number of clients, another server, a suspension or its end, or the same run again.
fn change(random: &mut Rng, is_bounded: bool) -> Value {
    match random.u32(..4) {
        0 => json!({"clients": random.u32(CLIENTS)}),
        1 => json!({"suspend": random.bool()}),
        2 if is_bounded => json!({"run": format!("run-{}", random.u32(..1000))}),
        2 => json!({"video": {"bitrateKbps": 900 + random.u32(..3) * 100}}),
        _ => json!({"objectives": {"window": format!("{}s", 30 + random.u32(..2) * 30)}}),
    }
}

#[test]
fn everything_happens_and_the_same_for_the_same_seed() {
    let drawn = |seed| {
        let (mut random, mut model, mut steps) = (Rng::with_seed(seed), Model::default(), Vec::new());
        for _ in 0..300 {
            let step = Step::drawn(&mut random, &model);
            match &step {
                Step::Create(name, spec) => model.create(name, spec),
                Step::Change(name, fields) => model.change(name, fields),
                Step::Delete(name) => model.delete(name),
                _ => {}
            }
            steps.push(step);
        }
        steps
    };
    let steps = drawn(7);
    assert_eq!(steps, drawn(7));
    assert_ne!(steps, drawn(8));
    let kinds: std::collections::HashSet<_> = steps.iter().map(std::mem::discriminant).collect();
    assert_eq!(kinds.len(), 8);
}
