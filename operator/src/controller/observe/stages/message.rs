//! The message about a client that is stuck.

use crds::MediaPath;
use report::{one_way, relay};

use crate::controller::observe::pods::ObservedPod;
use crate::controller::observe::stages::direction::Blocked;
use crate::controller::observe::stages::stuck::{SetupStage, StuckClient};
use crate::controller::reached::Reached;
use crate::session::Session;
use crate::session::labels::Component;

const RELAYS_LOG: &str = "the TURN server's log, and its way to the pods";

/// How far the first that is stuck came, and what to check.
pub(super) fn message(
    session: &Session,
    reached: &Reached,
    server: Option<&ObservedPod>,
    stuck: &StuckClient<'_>,
    detail: Detail,
) -> String {
    let name = session.server_name();
    let (client, server) = (detail.client(session, stuck.pod), detail.server(session, server));
    match stuck.stage {
        SetupStage::Dns => {
            format!("{client} cannot resolve {name}: check the cluster's DNS and NetworkPolicy for port 53")
        }
        SetupStage::Tcp => {
            format!("{name} resolved, no TCP from {client} to {server}: check NetworkPolicy and the Service")
        }
        SetupStage::Address => format!(
            "{client} comes again: the server has not been told yet at which address of {} its media is reached",
            session.spec.path.as_str()
        ),
        SetupStage::Offer => {
            let error = stuck.error.map_or("no offer came", |error| error.message.as_str());
            format!(
                "TCP ok, no offer from {server} to {client} ({}): check the logs of both",
                shorten(error, 60)
            )
        }
        SetupStage::Ice => {
            let signaling = match stuck.row.and_then(|row| row.setup_milliseconds.signaling) {
                Some(milliseconds) => format!("signalling ok in {milliseconds:.0} ms"),
                None => "signalling ok".to_owned(),
            };
            let (server, check) = media_end(session, reached, server, detail);
            if let Some((said, check)) = of_relay(session, stuck) {
                // What became of the relay is all there is to it.
                return format!("{signaling}, {client}: {said}: check {check}");
            }
            let way = match stuck.blocked {
                Blocked::ToServer { back_is_open: true } => {
                    format!("no UDP from {client} to {server}, the other way is open")
                }
                Blocked::ToClient { back_is_open: true } => {
                    format!("no UDP from {server} to {client}, the other way is open")
                }
                Blocked::ToClient { back_is_open: false } => format!("no UDP from {server} to {client}"),
                Blocked::BothWays => format!("no UDP between {client} and {server}, neither way"),
                Blocked::ToServer { back_is_open: false } | Blocked::Unknown => {
                    format!("no UDP from {client} to {server}")
                }
            };
            let stale = stale_entries(session, stuck);
            format!("{signaling}, {way}{stale}: check {check}")
        }
        SetupStage::Dtls => format!(
            "UDP ok, no DTLS handshake between {client} and {server}: check the MTU and what filters UDP on the way"
        ),
        SetupStage::FirstFrame => {
            format!("connected, no video from {server} to {client}: check the logs of both")
        }
        SetupStage::WholeFrame => {
            let seen = stuck.error.map_or("it says no more", |error| error.message.as_str());
            // What it concludes from its counts says more than they do, where it could.
            let seen = match seen.rsplit_once(": ") {
                Some((_, conclusion)) if conclusion.starts_with("none ") => {
                    format!("of its packets {conclusion}")
                }
                Some((_, conclusion)) => conclusion.to_owned(),
                None => seen.to_owned(),
            };
            let seen = shorten(&seen, 90);
            format!(
                "video comes from {server} to {client}, and no whole frame ({seen}): check the MTU and packet loss on the way"
            )
        }
        SetupStage::FirstReport => format!(
            "video was sent from {server} to {client}, no report came back: check packet loss, MTU and the client's log"
        ),
    }
}

/// What keeps a client from a server behind a Service where it had reached the one before: entries of conntrack that still lead
/// there, before anything else. A client takes another port for each attempt, but a node may have one for any.
fn stale_entries(session: &Session, stuck: &StuckClient<'_>) -> &'static str {
    let had_answered = stuck.error.is_some_and(|error| one_way::says_had_answered(&error.message));
    if session.spec.path.has_service() && had_answered {
        ", where a server had answered before (stale conntrack?)"
    } else {
        ""
    }
}

/// What a client says of the relay that it was given, which is all that went wrong then; and what to check.
fn of_relay(session: &Session, stuck: &StuckClient<'_>) -> Option<(String, String)> {
    let said = &stuck.error?.message;
    let secret = &session.spec.relay.as_ref()?.secret_name;
    let check = if said.contains(relay::PASSWORD) {
        format!("Secret {}", shorten(secret, 40))
    } else if !said.contains(relay::SUBJECT) {
        return None;
    } else if said.contains(relay::UNRESOLVED) {
        "spec.relay.uri and the cluster's DNS".to_owned()
    } else {
        RELAYS_LOG.to_owned()
    };
    Some((shorten(said, 110), check))
}

/// Where a client's media is to go, and what to check where it does not arrive.
fn media_end(session: &Session, reached: &Reached, server: String, detail: Detail) -> (String, &'static str) {
    let (path, name) = (session.spec.path, session.child_name(Component::Media));
    let end = || match (reached.address(), detail) {
        (Some(address), Detail::Full) => format!("{address} ({} of {name})", path.as_str()),
        (Some(address), Detail::Brief) => format!("{address} ({})", path.as_str()),
        (None, _) => server.clone(),
    };
    match path {
        MediaPath::PodIp => (server, "NetworkPolicy and CNI"),
        MediaPath::ClusterIp => (end(), "the Service's endpoints, kube-proxy and NetworkPolicy"),
        MediaPath::NodePort => (end(), "firewalls for node ports, kube-proxy and NetworkPolicy"),
        MediaPath::LoadBalancer => {
            (end(), "the balancer's UDP port and backends, firewalls and NetworkPolicy")
        }
        MediaPath::Relay => {
            let uri = session.relay.as_ref().map_or("", |relay| relay.uri.as_str());
            let by = format!("{server} by {}", shorten(uri, 60));
            (by, RELAYS_LOG)
        }
    }
}

/// How pods are named: a message has to end with who is affected, within its limit.
#[derive(Clone, Copy)]
pub(super) enum Detail {
    /// With where they are.
    Full,
    /// Without.
    Brief,
}

impl Detail {
    fn client(self, session: &Session, pod: &ObservedPod) -> String {
        match (self, pod.index) {
            (Self::Brief, Some(index)) => format!("client {index}"),
            (Self::Brief, None) => "a client".to_owned(),
            (Self::Full, Some(index)) => format!("{}-{index} (node {})", session.client_name(), node(pod)),
            (Self::Full, None) => format!("{} (node {})", pod.name, node(pod)),
        }
    }

    fn server(self, session: &Session, pod: Option<&ObservedPod>) -> String {
        match (self, pod) {
            (Self::Full, Some(pod)) => {
                let address = pod.ip(session.spec.ip_family);
                let address = address.map_or_else(|| "no address".to_owned(), |address| address.to_string());
                format!("the server (node {}, {address})", node(pod))
            }
            (Self::Brief, _) | (_, None) => "the server".to_owned(),
        }
    }
}

/// A node's name may be as long as a host name.
fn node(pod: &ObservedPod) -> String {
    pod.node.as_deref().map_or_else(|| "unknown".to_owned(), |node| shorten(node, 40))
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit).collect();
    format!("{kept}…")
}
