//! What a receiver counts.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use report::{CandidatePair, PathMtu};

use crate::relay::RelayError;

/// Counts since the receiver was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// RTP packets, repeated ones included.
    pub packets: u64,
    /// The longest payload of a packet, in bytes.
    pub longest_payload: u64,
    /// The same of the packets that came since the last frame that was put into the queue.
    pub longest_since_frame: u64,
    /// Packets that were expected and never came, less those that came twice (RFC 3550, appendix A.3).
    pub lost: i64,
    /// Packets that came after they were asked for again.
    pub repaired: u64,
    /// Interarrival jitter (RFC 3550, appendix A.8), as of the last packet.
    pub jitter: Duration,
    /// Frames put into the queue for decoding.
    pub frames: u64,
    /// Whole frames that could not be decoded because of a lost one.
    pub undecodable: u64,
    /// Frames dropped because the decoder was too slow.
    pub overruns: u64,
    /// Missing packets asked for, each time counted.
    pub repairs_requested: u64,
    /// NACK packets sent, in which that was.
    pub nack_packets: u64,
    /// Keyframes asked for.
    pub keyframes_requested: u64,
    /// Texts that could not be sent.
    pub unsent: u64,
    /// ICE checks that did not leave: more than addresses that do not answer are sent.
    pub checks_suppressed: u64,
    /// RTP packets that are none of the video: of another payload type, or of a source beside its own.
    pub foreign: u64,
    /// Anything has left for the peer.
    pub has_sent: bool,
    /// A check of the peer's has come: UDP gets through that way.
    pub has_heard_check: bool,
    /// The peer answers checks and makes none of its own (RFC 8445, section 2.5: ICE-lite), so that there are none to hear.
    pub only_answers: bool,
    /// The way that media took last; the local end is ours.
    pub path: Option<CandidatePair>,
    /// How large a packet may be in either direction, as far as it is known.
    pub path_mtu: PathMtu,
    /// The payload of a full packet of the peer's media, where the peer says so.
    pub full_payload: Option<u16>,
    /// What was sent since something came last, or ever where nothing did, while nothing comes.
    pub unanswered: Option<Unanswered>,
}

/// Packets that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// How many.
    pub packets: u64,
    /// Since something came last, or since the first of them.
    pub silence: Duration,
}

impl Stats {
    /// The sums, and the longest; the jitter, the path, how large a packet may be there, what is since the last frame and what is not
    /// answered are those of `other`, which is later.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        // Without `..`: a counter that is forgotten here does not compile.
        let Self {
            packets,
            longest_payload,
            longest_since_frame,
            lost,
            repaired,
            jitter,
            frames,
            undecodable,
            overruns,
            repairs_requested,
            nack_packets,
            keyframes_requested,
            unsent,
            checks_suppressed,
            foreign,
            has_sent,
            has_heard_check,
            only_answers,
            path,
            path_mtu,
            full_payload,
            unanswered,
        } = other;
        Self {
            packets: self.packets + packets,
            longest_payload: self.longest_payload.max(*longest_payload),
            longest_since_frame: *longest_since_frame,
            lost: self.lost + lost,
            repaired: self.repaired + repaired,
            jitter: *jitter,
            frames: self.frames + frames,
            undecodable: self.undecodable + undecodable,
            overruns: self.overruns + overruns,
            repairs_requested: self.repairs_requested + repairs_requested,
            nack_packets: self.nack_packets + nack_packets,
            keyframes_requested: self.keyframes_requested + keyframes_requested,
            unsent: self.unsent + unsent,
            checks_suppressed: self.checks_suppressed + checks_suppressed,
            foreign: self.foreign + foreign,
            has_sent: self.has_sent || *has_sent,
            has_heard_check: self.has_heard_check || *has_heard_check,
            only_answers: self.only_answers || *only_answers,
            path: path.or(self.path),
            path_mtu: if *path_mtu == PathMtu::default() { self.path_mtu } else { *path_mtu },
            full_payload: full_payload.or(self.full_payload),
            unanswered: *unanswered,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) packets: AtomicU64,
    longest_payload: AtomicU64,
    longest_since_frame: AtomicU64,
    lost: AtomicI64,
    repaired: AtomicU64,
    jitter_nanos: AtomicU64,
    frames: AtomicU64,
    pub(super) undecodable: AtomicU64,
    pub(super) overruns: AtomicU64,
    pub(super) repairs_requested: AtomicU64,
    pub(super) nack_packets: AtomicU64,
    pub(super) keyframes_requested: AtomicU64,
    pub(super) unsent: AtomicU64,
    pub(super) checks_suppressed: AtomicU64,
    pub(super) foreign: AtomicU64,
    pub(super) has_sent: AtomicBool,
    pub(super) has_heard_check: AtomicBool,
    only_answers: bool,
    path: Mutex<Option<CandidatePair>>,
    path_mtu: Mutex<(PathMtu, Option<u16>)>,
    unanswered: Mutex<Option<Unanswered>>,
    relay_problem: Mutex<Option<RelayError>>,
}

impl Counters {
    /// Of a connection to a peer that makes checks of its own, or only answers them.
    pub(super) fn new(only_answers: bool) -> Self {
        Self { only_answers, ..Self::default() }
    }

    /// A packet came with so many bytes of payload.
    pub(super) fn packet(&self, payload: usize) {
        count(&self.packets, 1);
        for longest in [&self.longest_payload, &self.longest_since_frame] {
            longest.fetch_max(payload as u64, Ordering::Relaxed);
        }
    }

    /// A frame was put into the queue.
    pub(super) fn frame(&self) {
        count(&self.frames, 1);
        self.longest_since_frame.store(0, Ordering::Relaxed);
    }

    /// Takes over what is counted elsewhere.
    pub(super) fn reception(&self, lost: i64, jitter: Duration, repaired: u64) {
        self.lost.store(lost, Ordering::Relaxed);
        self.jitter_nanos.store(jitter.as_nanos() as u64, Ordering::Relaxed);
        self.repaired.store(repaired, Ordering::Relaxed);
    }

    /// Media takes this way from now on.
    pub(super) fn path(&self, pair: CandidatePair) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = Some(pair);
    }

    /// How large a packet may be, and the payload of a full one of the peer's media.
    pub(super) fn path_mtu(&self, known: (PathMtu, Option<u16>)) {
        *self.path_mtu.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// So much was sent since something came last, while nothing comes.
    pub(super) fn unanswered(&self, unanswered: Option<Unanswered>) {
        *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner) = unanswered;
    }

    /// What is wrong with the relay as of now, if anything is.
    pub(super) fn relay_is(&self, problem: Option<RelayError>) {
        *self.relay_problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    pub(super) fn relay_problem(&self) -> Option<RelayError> {
        self.relay_problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (path_mtu, full_payload) = *self.path_mtu.lock().unwrap_or_else(PoisonError::into_inner);
        Stats {
            packets: read(&self.packets),
            longest_payload: read(&self.longest_payload),
            longest_since_frame: read(&self.longest_since_frame),
            lost: self.lost.load(Ordering::Relaxed),
            repaired: read(&self.repaired),
            jitter: Duration::from_nanos(read(&self.jitter_nanos)),
            frames: read(&self.frames),
            undecodable: read(&self.undecodable),
            overruns: read(&self.overruns),
            repairs_requested: read(&self.repairs_requested),
            nack_packets: read(&self.nack_packets),
            keyframes_requested: read(&self.keyframes_requested),
            unsent: read(&self.unsent),
            checks_suppressed: read(&self.checks_suppressed),
            foreign: read(&self.foreign),
            has_sent: self.has_sent.load(Ordering::Relaxed),
            has_heard_check: self.has_heard_check.load(Ordering::Relaxed),
            only_answers: self.only_answers,
            path: *self.path.lock().unwrap_or_else(PoisonError::into_inner),
            path_mtu,
            full_payload,
            unanswered: *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Counters are independent of each other and of everything else.
pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
