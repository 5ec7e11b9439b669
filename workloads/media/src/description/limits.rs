//! What a description may hold, and how long what it agrees on may take.

use std::time::Duration;

/// Longest description, in bytes: as much as signalling and WHEP take.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Most media sections. A browser in a large conference offers some dozens; of one of ours there are two.
pub(super) const MAX_SECTIONS: usize = 64;

/// Most candidates that are taken of a peer: each costs checks to an address that the peer names.
pub(super) const MAX_CANDIDATES: usize = 16;

/// Candidates of one peer that are taken beside its description, before it and after it each. It may send as many as it
/// likes.
pub const MAX_LATE_CANDIDATES: usize = 8;

/// Longest quotation of what a peer wrote, in characters.
pub(super) const MAX_QUOTED: usize = 80;

/// Hash algorithms of fingerprints that `rtc` verifies, the strongest first, with the length of a hash in bytes.
pub(super) const HASHES: [(&str, usize); 1] = [("sha-256", 32)];

/// How long a data channel that was agreed on may take to open once media can flow. It takes two round trips, and on a bad
/// network seconds.
pub const CHANNEL_LIMIT: Duration = Duration::from_secs(5);
