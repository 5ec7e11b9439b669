//! What is done to the cluster or to a session. How it is done is in `inject`.

use ballsession_e2e::Part;
use serde_json::Value;

/// One of the two nodes that sessions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first of them.
    Home,
    /// The other one.
    Away,
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nodes stop to run anything, and keep their memory.
    FreezeNodes(&'static [Place]),
    /// Nodes lose their power.
    StopNodes(&'static [Place]),
    /// Nodes lose their power and have it back at once.
    RebootNodes(&'static [Place]),
    /// UDP from or to the server's pod is dropped where nodes forward it.
    CutUdp(Direction),
    /// UDP between the pods of the two nodes is dropped.
    CutUdpBetweenNodes,
    /// UDP between the pods of the two nodes is dropped where a packet is larger than so many bytes: an MTU of which nobody is told.
    DropLargeUdpBetweenNodes(u16),
    /// No DNS server runs.
    StopDns,
    /// A node has no CNI plugins.
    HideCni(Place),
    /// Objects are there that keep something from happening, from these templates.
    Objects(Vec<Value>),
    /// The session itself asks for what cannot be: this change of its spec ends it.
    Spec(Value),
    /// The pods of a part may use only so many thousandths of a core.
    LimitCpu(Part, u32),
    /// The processes of a part are killed without a word, so many times with so many seconds between.
    Kill(Part, u32, u64),
    /// The processes of a part stand still.
    Stop(Part),
    /// A client's pod is evicted, and again as soon as its successor is ready.
    EvictClients(u32),
    /// A client's pod is deleted.
    DeleteClient,
    /// A client's pod loses its owner.
    OrphanClient,
    /// The session is deleted, and its children are left.
    OrphanSession,
    /// The operator's pod is killed.
    KillOperator,
    /// The operator's pod is killed so many seconds after the last client became ready.
    KillOperatorLater(u64),
    /// The API server stands still.
    StopApiServer,
}

impl Fault {
    /// Whether it is over once it is injected, and nothing has to be done to end it.
    pub(crate) fn is_over_at_once(&self) -> bool {
        match self {
            Self::RebootNodes(_)
            | Self::Kill(..)
            | Self::EvictClients(_)
            | Self::DeleteClient
            | Self::OrphanClient
            | Self::OrphanSession
            | Self::KillOperator
            | Self::KillOperatorLater(_) => true,
            Self::FreezeNodes(_)
            | Self::StopNodes(_)
            | Self::CutUdp(_)
            | Self::CutUdpBetweenNodes
            | Self::DropLargeUdpBetweenNodes(_)
            | Self::StopDns
            | Self::HideCni(_)
            | Self::Objects(_)
            | Self::Spec(_)
            | Self::LimitCpu(..)
            | Self::Stop(_)
            | Self::StopApiServer => false,
        }
    }

    /// The nodes that do not run while it lasts.
    pub(crate) fn lost_nodes(&self) -> &'static [Place] {
        match self {
            Self::FreezeNodes(nodes) | Self::StopNodes(nodes) | Self::RebootNodes(nodes) => nodes,
            _ => &[],
        }
    }
}

/// The packets of one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the server.
    ToClients,
    /// To the server.
    ToServer,
    /// Both.
    Both,
}
