//! The limits of what a message may hold.

/// The label of the data channel on which this dialect, version 1, is spoken.
pub const LABEL: &str = "ballsession.v1";

/// The longest message that is parsed, in bytes. A hello with names at their limits is a third of it.
pub const MAX_MESSAGE: usize = 4096;

/// The longest id or version, in bytes.
pub const MAX_NAME: usize = 128;

/// The longest node, in bytes: Kubernetes names its nodes as DNS names, which may be that long.
pub const MAX_NODE: usize = 253;

/// How many earlier frames' outcomes a report repeats at most. A lost report is made up for unless the next three are lost, too.
pub const MAX_PREVIOUS: usize = 3;

/// The largest coordinate, in pixels and either direction: several times any picture, yet small enough that sums
/// and squares of it stay exact enough.
pub const MAX_COORDINATE: f64 = 100_000.0;
