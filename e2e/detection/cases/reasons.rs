//! Reasons that go together.

/// A condition ObjectivesMet where clients get no more video: what is seen first depends on the moment.
pub(super) const NO_VIDEO: &[&str] = &["FreezeTooLong", "NoMedia", "ClientsLost"];

/// A condition ObjectivesMet whose numbers begin anew, because the server does, or of clients that get no more video.
pub(super) const ANEW: &[&str] =
    &["NoReports", "Starting", "InsufficientSamples", "FreezeTooLong", "NoMedia", "ClientsLost"];

/// A condition ObjectivesMet where somebody has too little of the processor.
pub(super) const SLOW: &[&str] =
    &["LatencyTooHigh", "LossTooHigh", "DeliveredTooLow", "FreezeTooLong", "NoMedia", "ClientsLost"];

/// What else the numbers may say of a stream that has stood still.
pub(super) const THIN: &[&str] = &[
    "LatencyTooHigh",
    "LossTooHigh",
    "DeliveredTooLow",
    "FreezeTooLong",
    "NoMedia",
    "ClientsLost",
    "Starting",
];

/// A condition Ready of a session whose pods are on their way.
pub(super) const COMING: &[&str] = &["ServerNotReady", "WaitingForClients"];
