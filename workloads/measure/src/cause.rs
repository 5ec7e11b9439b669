//! What the evidence points at where a number is not good enough: a pure function over what both programs say of
//! themselves and what passed between them. Rather than guess it says [`Cause::Unknown`].

use report::Cause;

/// What kept one program from its work, over the time that is judged; `None` is what nobody tells.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProgramEvidence {
    /// Time for which the quota of its cgroup was used up, in percent.
    pub throttled_percent: Option<f64>,
    /// Time for which some task of its cgroup waited for a processor, in percent.
    pub pressure_percent: Option<f64>,
    /// The latest that any of its threads was with something due, in milliseconds.
    pub worst_lateness_milliseconds: Option<f64>,
    /// How late they were in all, in milliseconds.
    pub lateness_milliseconds: Option<f64>,
    /// Frames that were left out because it was behind, in percent.
    pub dropped_percent: Option<f64>,
}

/// What passed between server and client, over the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkEvidence {
    /// Packets or reports lost on the way before any were sent again, in percent, in the direction that is worse.
    pub lost_percent: Option<f64>,
    /// The longest round trip seen, in milliseconds.
    pub round_trip_milliseconds: Option<f64>,
    /// The greatest interarrival jitter seen, in milliseconds.
    pub jitter_milliseconds: Option<f64>,
    /// How long nothing came from the peer that it did not hold back itself, in milliseconds, the longest time.
    pub silence_milliseconds: Option<f64>,
    /// For how long no way was found to a peer that signalled, in milliseconds.
    pub unreachable_milliseconds: Option<f64>,
    /// Packets above so many bytes vanish, and the media has larger ones.
    pub vanishes_above: Option<u16>,
}

/// What has to be accounted for: whatever is to have caused it must have lasted for half of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Trouble {
    /// The longest time without a new picture, in milliseconds.
    pub stall_milliseconds: Option<f64>,
    /// What most reports came within, in milliseconds.
    pub latency_milliseconds: Option<f64>,
    /// The time whose frames were lost or did not come out good, in milliseconds.
    pub lost_milliseconds: Option<f64>,
}

/// The evidence about one client.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// The server's own.
    pub server: ProgramEvidence,
    /// The client's own; all `None` where it says nothing.
    pub client: ProgramEvidence,
    /// Of the way between them.
    pub network: NetworkEvidence,
    /// Complete frames that the decoder refused or in which no ball was, in percent of the settled ones.
    pub unusable_percent: Option<f64>,
    /// What went wrong.
    pub trouble: Trouble,
}

/// Throttled for this share of the time, a program cannot keep its pace: at 30 frames per second 5 % are one and a half frames
/// a second.
const THROTTLED_PERCENT: f64 = 5.0;
/// Above this share some task is always waiting; a machine that is merely busy stays below and still keeps the pace.
const PRESSURE_PERCENT: f64 = 60.0;
/// Threads that are late by so much miss several frames. A sound process is late by some milliseconds.
const LATENESS_MILLISECONDS: f64 = 100.0;
/// Frames dropped for lack of time that a viewer notices.
const DROPPED_PERCENT: f64 = 2.0;
/// Loss before repair that shows in a picture's smoothness.
const LOST_PERCENT: f64 = 0.5;
/// Round trips that take so long make reports late by themselves: within a cluster they take a millisecond.
const ROUND_TRIP_MILLISECONDS: f64 = 80.0;
/// Jitter beyond a frame's interval reorders or bunches frames.
const JITTER_MILLISECONDS: f64 = 30.0;
/// Silence of a peer that says several things a second.
const SILENCE_MILLISECONDS: f64 = 250.0;
/// Frames that come whole and cannot be used.
const UNUSABLE_PERCENT: f64 = 0.5;
/// Without any way for so long, further checks will not find one either.
const UNREACHABLE_MILLISECONDS: f64 = 2000.0;
/// Whatever is to have caused something lasted for this share of it.
const ACCOUNTED_FOR: f64 = 0.5;

impl ProgramEvidence {
    /// How strongly it points at the program: 1 where a limit is just reached, 0 where nothing is known. Frames that are lost where
    /// large packets vanish are lost for that, unless it lasted as long: of shares of the time nobody knows whether they did.
    fn strength(&self, trouble: &Trouble, is_vanishing: bool) -> f64 {
        let worst = self.worst_lateness_milliseconds;
        let lateness =
            worst.filter(|worst| trouble.lasted(*worst, self.lateness_milliseconds.unwrap_or(*worst)));
        let share = |percent: Option<f64>| percent.filter(|_| !is_vanishing);
        strongest(&[
            (share(self.throttled_percent), THROTTLED_PERCENT),
            (share(self.pressure_percent), PRESSURE_PERCENT),
            (lateness, LATENESS_MILLISECONDS),
            (share(self.dropped_percent), DROPPED_PERCENT),
        ])
    }
}

impl NetworkEvidence {
    fn strength(&self, trouble: &Trouble) -> f64 {
        let silence = self.silence_milliseconds;
        strongest(&[
            (self.lost_percent, LOST_PERCENT),
            (self.round_trip_milliseconds, ROUND_TRIP_MILLISECONDS),
            (self.jitter_milliseconds, JITTER_MILLISECONDS),
            (silence.filter(|silence| trouble.lasted(*silence, f64::INFINITY)), SILENCE_MILLISECONDS),
            (self.unreachable_milliseconds, UNREACHABLE_MILLISECONDS),
            // There is no more or less of it: no frame with such a packet ever comes.
            (self.vanishes_above.map(|_| 1.0), 1.0),
        ])
    }
}

impl Trouble {
    /// Whether something can have caused it that lasted for `longest` at a time and for `sum` in all, in milliseconds.
    fn lasted(&self, longest: f64, sum: f64) -> bool {
        let accounts_for = |lasted: f64, part: Option<f64>| lasted >= ACCOUNTED_FOR * part.unwrap_or(0.0);
        accounts_for(longest, self.stall_milliseconds)
            && accounts_for(longest, self.latency_milliseconds)
            && accounts_for(sum, self.lost_milliseconds)
    }
}

fn strongest(evidence: &[(Option<f64>, f64)]) -> f64 {
    evidence.iter().filter_map(|(value, limit)| value.map(|value| value / limit)).fold(0.0, f64::max)
}

/// What the evidence points at.
///
/// A program that does not run answers no packets either, late ones and lost ones at full buffers: so the processors go
/// first, and of two programs that were both kept from their work the one that was so more. Only where both had their
/// time the network is looked at, and the codec only where everything came whole and in time.
pub fn cause(evidence: &Evidence) -> Cause {
    let trouble = &evidence.trouble;
    let is_vanishing = evidence.network.vanishes_above.is_some()
        && trouble.lost_milliseconds.is_some_and(|milliseconds| milliseconds > 0.0);
    let strength = |program: &ProgramEvidence| program.strength(trouble, is_vanishing);
    let (server, client) = (strength(&evidence.server), strength(&evidence.client));
    if server >= 1.0 || client >= 1.0 {
        // Twice as strong is no accident; closer together, on a machine that both share, either may be the one.
        return match server.max(client) >= 2.0 * server.min(client) {
            true if server > client => Cause::ServerCpu,
            true => Cause::ClientCpu,
            false => Cause::Unknown,
        };
    }
    if evidence.network.strength(trouble) >= 1.0 {
        return Cause::Network;
    }
    if evidence.unusable_percent.is_some_and(|percent| percent >= UNUSABLE_PERCENT) {
        return Cause::Codec;
    }
    Cause::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(milliseconds: f64) -> ProgramEvidence {
        ProgramEvidence { worst_lateness_milliseconds: Some(milliseconds), ..ProgramEvidence::default() }
    }

    fn throttled(percent: f64) -> ProgramEvidence {
        ProgramEvidence { throttled_percent: Some(percent), ..late(5.0) }
    }

    fn lost(percent: f64) -> NetworkEvidence {
        NetworkEvidence { lost_percent: Some(percent), ..NetworkEvidence::default() }
    }

    fn silent(milliseconds: f64) -> NetworkEvidence {
        NetworkEvidence { silence_milliseconds: Some(milliseconds), ..NetworkEvidence::default() }
    }

    fn stall(milliseconds: f64) -> Trouble {
        Trouble { stall_milliseconds: Some(milliseconds), ..Trouble::default() }
    }

    fn losing(milliseconds: f64) -> Trouble {
        Trouble { lost_milliseconds: Some(milliseconds), ..Trouble::default() }
    }

    #[test]
    fn a_table_of_cases() {
        let sound =
            Evidence { server: late(4.0), client: late(6.0), network: lost(0.0), ..Evidence::default() };
        let cases = [
            ("nothing is known", Evidence::default(), Cause::Unknown),
            ("all is well", sound, Cause::Unknown),
            ("server throttled", Evidence { server: throttled(40.0), ..sound }, Cause::ServerCpu),
            ("client throttled", Evidence { client: throttled(40.0), ..sound }, Cause::ClientCpu),
            (
                "server stopped",
                Evidence { server: late(2000.0), network: silent(2000.0), ..sound },
                Cause::ServerCpu,
            ),
            (
                "client stopped",
                Evidence { client: late(600.0), network: silent(600.0), ..sound },
                Cause::ClientCpu,
            ),
            (
                "client throttled, its buffer overflows",
                Evidence { client: throttled(70.0), network: lost(20.0), ..sound },
                Cause::ClientCpu,
            ),
            (
                "both late alike",
                Evidence { server: late(150.0), client: late(200.0), ..sound },
                Cause::Unknown,
            ),
            (
                "both late, one far more",
                Evidence { server: late(150.0), client: late(900.0), ..sound },
                Cause::ClientCpu,
            ),
            ("loss", Evidence { network: lost(2.0), ..sound }, Cause::Network),
            ("a held network", Evidence { network: silent(900.0), ..sound }, Cause::Network),
            (
                "a long way",
                Evidence {
                    network: NetworkEvidence { round_trip_milliseconds: Some(300.0), ..lost(0.0) },
                    ..sound
                },
                Cause::Network,
            ),
            (
                "a long freeze, and a client that was late for a moment",
                Evidence { client: late(130.0), trouble: stall(1900.0), ..sound },
                Cause::Unknown,
            ),
            (
                "the same, and a silence as long",
                Evidence { client: late(130.0), network: silent(1800.0), trouble: stall(1900.0), ..sound },
                Cause::Network,
            ),
            (
                "a client that was stopped for most of a freeze",
                Evidence { client: late(1500.0), trouble: stall(1900.0), ..sound },
                Cause::ClientCpu,
            ),
            (
                "every twentieth frame lost, and a server that was late for a moment",
                Evidence { server: late(180.0), trouble: losing(750.0), ..sound },
                Cause::Unknown,
            ),
            (
                "every twentieth frame lost, and a server that was late again and again",
                Evidence {
                    server: ProgramEvidence { lateness_milliseconds: Some(700.0), ..late(180.0) },
                    trouble: losing(750.0),
                    ..sound
                },
                Cause::ServerCpu,
            ),
            (
                "late reports of a client that was late by less",
                Evidence {
                    client: late(130.0),
                    trouble: Trouble { latency_milliseconds: Some(300.0), ..Trouble::default() },
                    ..sound
                },
                Cause::Unknown,
            ),
            (
                "a client that signals, and to which no way is found",
                Evidence {
                    network: NetworkEvidence { unreachable_milliseconds: Some(5000.0), ..lost(0.0) },
                    ..sound
                },
                Cause::Network,
            ),
            (
                "a way that carries small packets alone",
                Evidence { network: NetworkEvidence { vanishes_above: Some(1000), ..lost(0.0) }, ..sound },
                Cause::Network,
            ),
            (
                "the same, and a client that was stopped",
                Evidence {
                    client: late(2000.0),
                    network: NetworkEvidence { vanishes_above: Some(1000), ..lost(0.0) },
                    ..sound
                },
                Cause::ClientCpu,
            ),
            (
                "a way that carries small packets alone, and a server that stood still for a moment",
                Evidence {
                    server: ProgramEvidence { dropped_percent: Some(5.0), ..late(700.0) },
                    network: NetworkEvidence { vanishes_above: Some(1000), ..lost(0.0) },
                    trouble: losing(14_000.0),
                    ..sound
                },
                Cause::Network,
            ),
            (
                "the same, and it stood still for as long",
                Evidence {
                    server: late(9000.0),
                    network: NetworkEvidence { vanishes_above: Some(1000), ..lost(0.0) },
                    trouble: losing(14_000.0),
                    ..sound
                },
                Cause::ServerCpu,
            ),
            ("blank pictures", Evidence { unusable_percent: Some(90.0), ..sound }, Cause::Codec),
            (
                "unusable after loss",
                Evidence { unusable_percent: Some(5.0), network: lost(3.0), ..sound },
                Cause::Network,
            ),
            (
                "frames left out",
                Evidence { server: ProgramEvidence { dropped_percent: Some(50.0), ..late(9.0) }, ..sound },
                Cause::ServerCpu,
            ),
            (
                "a busy machine",
                Evidence { server: ProgramEvidence { pressure_percent: Some(30.0), ..late(20.0) }, ..sound },
                Cause::Unknown,
            ),
        ];
        for (name, evidence, expected) in cases {
            assert_eq!(cause(&evidence), expected, "{name}");
        }
    }
}
