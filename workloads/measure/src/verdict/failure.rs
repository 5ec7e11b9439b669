//! One breach: which limit, by how much, where, and what the evidence points at.

use std::fmt;

use report::Cause;

use super::Reason;

/// Where a breach was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Over all clients together.
    All,
    /// At one client.
    Client {
        /// Its name.
        id: String,
        /// The machine it runs on, where that is known.
        node: Option<String>,
    },
}

/// A limit that was breached. Displayed as `LossTooHigh: 8.1 % lost, 1 % allowed (demo-client-3 on worker-2; cause Network)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which one.
    pub reason: Reason,
    /// The number, in px, ms, percent or seconds; `None` where there are no samples although there should be.
    pub measured: Option<f64>,
    /// The limit, in the same unit.
    pub allowed: f64,
    /// The one that decides: of all breaches of this limit the worst.
    pub place: Place,
    /// What the evidence points at.
    pub cause: Cause,
    /// Packets above so many bytes vanish on the way to that client, and its media has larger ones.
    pub vanishes_above: Option<u16>,
}

impl Failure {
    /// The failure without its reason: `8.1 % lost, 1 % allowed (demo-client-3 on worker-2; cause Network)`.
    pub fn message(&self) -> String {
        let Self { measured, allowed, .. } = self;
        let number = match (self.reason, measured) {
            (Reason::ClientsLost, Some(seconds)) => {
                format!("gone, no frame decoded for {seconds} s, 5 s allowed")
            }
            (Reason::NoMedia, Some(seconds)) => format!("no frame decoded for {seconds} s, 5 s allowed"),
            (Reason::ClientsLost | Reason::NoMedia, None) => "no frame decoded".to_owned(),
            (Reason::ErrorTooHigh, Some(error)) => format!("{error} px error p95, {allowed} px allowed"),
            (Reason::ErrorTooHigh, None) => format!("no frame was matched, {allowed} px error p95 allowed"),
            (Reason::LatencyTooHigh, Some(latency)) => {
                format!("{latency} ms latency p95, {allowed} ms allowed")
            }
            (Reason::LatencyTooHigh, None) => {
                format!("no frame was matched, {allowed} ms latency p95 allowed")
            }
            (Reason::LossTooHigh, Some(loss)) => format!("{loss} % lost, {allowed} % allowed"),
            (Reason::LossTooHigh, None) => format!("no frame is settled, {allowed} % lost allowed"),
            (Reason::UndetectedTooHigh, Some(share)) => format!("{share} % undetected, {allowed} % allowed"),
            (Reason::UndetectedTooHigh, None) => {
                format!("no frame is settled, {allowed} % undetected allowed")
            }
            (Reason::DeliveredTooLow, Some(share)) => format!("{share} % delivered, {allowed} % required"),
            (Reason::DeliveredTooLow, None) => {
                format!("what was delivered is not known, {allowed} % required")
            }
            (Reason::FreezeTooLong, Some(freeze)) => {
                format!("{freeze} ms longest freeze, {allowed} ms allowed")
            }
            (Reason::FreezeTooLong, None) => {
                format!("no two frames were decoded, {allowed} ms longest freeze allowed")
            }
            (Reason::RecoveryTooSlow, Some(recovery)) => {
                format!("{recovery} ms without pictures after the server was replaced, {allowed} ms allowed")
            }
            (Reason::RecoveryTooSlow, None) => {
                format!("no client came back from another server process, {allowed} ms recovery allowed")
            }
            (Reason::SetupTooSlow, Some(setup)) => format!("{setup} ms setup p95, {allowed} ms allowed"),
            (Reason::SetupTooSlow, None) => {
                format!("no client reported, {allowed} ms setup p95 allowed")
            }
        };
        let place = match &self.place {
            Place::All => "all clients".to_owned(),
            Place::Client { id, node: Some(node) } => format!("{id} on {node}"),
            Place::Client { id, node: None } => id.clone(),
        };
        let cause = match self.vanishes_above.filter(|_| self.cause == Cause::Network) {
            Some(bytes) => format!("{}: datagrams above {bytes} bytes vanish", self.cause),
            None => self.cause.to_string(),
        };
        format!("{number} ({place}; cause {cause})")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_large_packets_vanish_the_network_is_named_with_their_size() {
        let place = Place::Client { id: "a".into(), node: Some("n".into()) };
        let (reason, measured, allowed) = (Reason::LossTooHigh, Some(8.1), 1.0);
        let of = |cause, vanishes_above| {
            let place = place.clone();
            Failure { reason, measured, allowed, place, cause, vanishes_above }.message()
        };
        let hole = "8.1 % lost, 1 % allowed (a on n; cause Network: datagrams above 1000 bytes vanish)";
        assert_eq!(of(Cause::Network, Some(1000)), hole);
        assert_eq!(of(Cause::Network, None), "8.1 % lost, 1 % allowed (a on n; cause Network)");
        // The processors go first.
        assert_eq!(of(Cause::ClientCpu, Some(1000)), "8.1 % lost, 1 % allowed (a on n; cause ClientCpu)");
    }
}
