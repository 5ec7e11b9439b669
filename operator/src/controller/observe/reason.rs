//! Why a session is ready or not. The names are an interface: scripts match on them.

/// The reason of the condition Ready, and what it means for this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controller) struct Explanation {
    pub(in crate::controller) reason: Reason,
    pub(in crate::controller) message: String,
}

/// Reasons of the condition Ready: of those that apply the first is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::controller) enum Reason {
    /// A bounded run is over.
    Completed,
    /// A bounded run could not measure what it was to.
    Failed,
    /// The spec makes no sense.
    InvalidSpec,
    /// The name of a child belongs to something else.
    NameTaken,
    /// By a quota, or by Pod Security.
    PodsForbidden,
    /// The API server refuses a part of the session.
    ApplyFailed,
    /// There shall be no pods for now.
    Suspended,
    /// An image cannot be pulled.
    ImagePullFailed,
    /// No node takes a pod.
    Unschedulable,
    /// A container ends again and again, or does not start.
    CrashLooping,
    /// A pod does not come as far as its containers, or is kept from being ready or done by something that is not ours.
    PodStuck,
    /// The node of a pod is not Ready.
    NodeLost,
    /// The server's pod is not ready yet.
    ServerNotReady,
    /// The server is up, and nobody knows at which address clients reach its media.
    WaitingForAddress,
    /// A client does not get as far as an offer.
    SignalingFailed,
    /// Signalling works, ICE or DTLS does not.
    MediaBlocked,
    /// A client that had media has none.
    ClientsLost,
    /// Not every client is ready yet.
    WaitingForClients,
    /// Clients are ready, but the server does not report.
    NoReports,
    /// Media of a client takes another way than the one that is asked for.
    PathBypassed,
    /// Media flows to every client.
    Ready,
}

impl Reason {
    /// Its name in a condition.
    pub(in crate::controller) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::InvalidSpec => "InvalidSpec",
            Self::NameTaken => "NameTaken",
            Self::Completed => "Completed",
            Self::Suspended => "Suspended",
            Self::PodsForbidden => "PodsForbidden",
            Self::ApplyFailed => "ApplyFailed",
            Self::ImagePullFailed => "ImagePullFailed",
            Self::Unschedulable => "Unschedulable",
            Self::CrashLooping => "CrashLooping",
            Self::PodStuck => "PodStuck",
            Self::NodeLost => "NodeLost",
            Self::ServerNotReady => "ServerNotReady",
            Self::WaitingForAddress => "WaitingForAddress",
            Self::SignalingFailed => "SignalingFailed",
            Self::MediaBlocked => "MediaBlocked",
            Self::ClientsLost => "ClientsLost",
            Self::WaitingForClients => "WaitingForClients",
            Self::NoReports => "NoReports",
            Self::PathBypassed => "PathBypassed",
            Self::Ready => "Ready",
        }
    }

    /// Whether the session does what it shall: its media flows, or there is none to flow.
    pub(in crate::controller) fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::Completed | Self::Suspended)
    }

    /// Whether somebody may have to do something about it.
    pub(in crate::controller) fn is_problem(self) -> bool {
        !self.is_ready() && !matches!(self, Self::ServerNotReady | Self::WaitingForClients)
    }

    /// Whether what lets media and reports through, and what does not, is what to look at.
    pub(super) fn is_about_network(self) -> bool {
        Self::is_about_network_named(self.as_str())
    }

    /// The same by its name.
    pub(in crate::controller) fn is_about_network_named(name: &str) -> bool {
        [Self::SignalingFailed, Self::MediaBlocked, Self::NoReports]
            .iter()
            .any(|reason| reason.as_str() == name)
    }

    /// Whether somebody may have to do something about it, by its name.
    pub(in crate::controller) fn is_problem_named(name: &str) -> bool {
        let harmless =
            [Self::Completed, Self::Suspended, Self::ServerNotReady, Self::WaitingForClients, Self::Ready];
        !harmless.iter().any(|reason| reason.as_str() == name)
    }

    /// Whether nothing but another spec, or somebody who clears the way, changes it.
    pub(in crate::controller) fn is_final_problem(self) -> bool {
        matches!(self, Self::InvalidSpec | Self::NameTaken | Self::Failed)
    }

    /// With a message to it.
    pub(in crate::controller) fn with_message(self, message: impl Into<String>) -> Explanation {
        Explanation { reason: self, message: message.into() }
    }
}
