//! BallSession on a real cluster: each behaviour that a user can see, once.

mod drill;
mod lifecycle;
mod nodes;
mod obstacles;
mod paths;
mod placement;
mod platforms;
mod recovery;
mod refusals;
mod replicas;
mod reports;
mod samples;
mod verdicts;
