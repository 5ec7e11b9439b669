//! The Kubernetes API of BallSession: the resource `BallSession`, group `ballsession.dev`, version `v1alpha1`.
//!
//! These types are the one source of the CustomResourceDefinition ([`manifest`]): defaults, ranges and rules are in
//! its schema, so that the API server shows the former and enforces the latter. Reading is tolerant: unknown fields
//! are ignored and missing ones get their defaults, because an object may have been stored under another version's
//! schema.

mod client_status;
pub mod contract;
mod drill;
pub mod limits;
mod manifest;
mod measurements;
mod objectives;
mod path;
mod pod_templates;
mod pods;
mod relay_place;
mod rule;
mod run;
mod schema;
mod spec;
mod status;

pub use client_status::{ClientCpu, ClientNetwork, ClientStatus, PathMtu, SetupTimeline};
pub use drill::{Drill, DrillKind, DrillRun};
pub use limits::{MAX_MESSAGE, MAX_PATH};
pub use manifest::manifest;
pub use measurements::{Frames, Freezes, Measurements, Quantiles};
pub use objectives::Objectives;
pub use path::{IpFamily, MAX_RELAY_URI, MediaPath, RELAY_GOES_WITH_PATH, Relay};
pub use pod_templates::{MAX_TEMPLATES, PartTemplates, PodTemplates};
pub use pods::{ClientSettings, PodIdentity, PodSettings, PullPolicy, SeccompProfile, SeccompType, Variable};
pub use relay_place::RelayPlace;
pub use run::{MAX_ATTEMPTS, MAX_FINISHED, MAX_MEASURED, PastRun, Run, RunImages};
pub use spec::{Ball, BallSession, BallSessionSpec, NetworkIsolation, Placement, Video};
pub use status::{BallSessionStatus, Display, ErrorStatus, MAX_CLIENTS, MAX_ERRORS, MAX_HISTORY};
