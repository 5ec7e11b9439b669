//! What is tried with any bytes that there may be. Each target is one function of bytes, which panics where something does not hold;
//! `fuzz/fuzz_targets` gives them to libFuzzer, and the test beside this crate replays the corpora in `fuzz/corpus` without it.
//!
//! A target claims more than that nothing panics: what is taken is written and taken again, counts add up, what leaves or is kept
//! is bounded.

mod arguments;
mod assembly;
mod candidates;
mod datagrams;
mod descriptions;
mod feedback;
mod input;
mod measurement;
mod messages;
#[cfg(feature = "operator")]
mod operator;
mod sctp;
mod signalling;
mod vp8_frames;

/// A target, by the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// What server and client read.
pub const WORKLOADS: &[Target] = &[
    ("signalling", signalling::signalling),
    ("offers", descriptions::offers),
    ("answers", descriptions::answers),
    ("candidates", candidates::candidates),
    ("datagrams", datagrams::datagrams),
    ("feedback", feedback::feedback),
    ("sctp", sctp::sctp),
    ("assembly", assembly::assembly),
    ("vp8_frames", vp8_frames::vp8_frames),
    ("messages", messages::messages),
    ("measurement", measurement::measurement),
    ("arguments", arguments::arguments),
];

/// What the operator reads.
#[cfg(feature = "operator")]
pub const OPERATOR: &[Target] = &[
    ("posts", operator::posts::posts),
    ("tokens", operator::tokens::tokens),
    ("sessions", operator::sessions::sessions),
];

/// Runs the target of that name.
///
/// # Panics
/// Where what it claims does not hold for these bytes, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = all().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("there is no target {name}"));
    target(data);
}

/// All targets.
pub fn all() -> impl Iterator<Item = &'static Target> {
    #[cfg(feature = "operator")]
    let operator = OPERATOR.iter();
    #[cfg(not(feature = "operator"))]
    let operator = [].iter();
    WORKLOADS.iter().chain(operator)
}
