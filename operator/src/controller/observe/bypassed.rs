//! Clients whose media takes another way than the one that is asked for.

use crds::{IpFamily, MediaPath};
use report::ClientRow;
use report::way::{Way, WayKind};

use crate::controller::observe::pods::ObservedPod;
use crate::controller::observe::reason::{Explanation, Reason};
use crate::controller::reached::Reached;
use crate::report_source::ServerView;
use crate::session::Session;

/// The first of those that the server which runs has reported of, with the way that its media takes. A server that was made for
/// another path says nothing of this one.
pub(super) fn bypassed(
    session: &Session,
    reached: &Reached,
    server: Option<&ObservedPod>,
    view: Option<&ServerView>,
) -> Option<Explanation> {
    let asked = session.path_name()?;
    let (server, view) = (server?, view?);
    if server.path.as_deref() != Some(&asked) || view.pod != server.name {
        return None;
    }
    let wanted = |id: &str| {
        let index = id.strip_prefix(&session.client_name())?.strip_prefix('-')?;
        index.parse().ok().filter(|index| session.clients.contains(*index))
    };
    let clients: Vec<(&str, Option<Way>)> = view
        .ways
        .iter()
        .filter(|(id, _)| wanted(id).is_some())
        .map(|(id, way)| (id.as_str(), *way))
        .collect();
    let others: Vec<_> = clients
        .iter()
        .filter_map(|(id, way)| Some((*id, way.filter(|way| !is_as_asked(session, *way))?)))
        .collect();
    let all = session.clients.count();
    let message = match others.first() {
        Some((id, way)) => {
            let row = view.rows.iter().find(|row| row.id == *id);
            let node = row.and_then(|row| row.node.as_deref());
            let on = node.map_or_else(String::new, |node| format!(" (node {node})"));
            let pair = row.and_then(pair).unwrap_or_else(|| in_words(*way));
            let address = reached.address().map(|address| format!(" {address}")).unwrap_or_default();
            format!(
                "media of {id}{on} goes {pair} and not by {asked}{address}; {} of {all} clients affected: {}",
                others.len(),
                check(session)
            )
        }
        // One that knows of ways knows them before media flows.
        None if !clients.is_empty() && clients.iter().all(|(_, way)| way.is_none()) => format!(
            "{} does not say which way media takes, so that {asked} is not known to be it: its image is older than spec.path",
            server.name
        ),
        None => return None,
    };
    Some(Reason::PathBypassed.with_message(message))
}

fn is_as_asked(session: &Session, way: Way) -> bool {
    let kind = match session.spec.path {
        MediaPath::PodIp => WayKind::Direct,
        MediaPath::ClusterIp | MediaPath::NodePort | MediaPath::LoadBalancer => WayKind::Advertised,
        MediaPath::Relay => WayKind::Relayed,
    };
    let is_family = |family: IpFamily| way.is_ipv6 == (family == IpFamily::Ipv6);
    way.kind == kind && session.spec.ip_family.is_none_or(is_family)
}

fn pair(row: &ClientRow) -> Option<String> {
    let pair = row.path.or_else(|| Some(row.server_path?.reversed()))?;
    let end =
        |end: report::IceCandidate| format!("{} ({})", end.socket_address(), end.candidate_type.as_str());
    Some(format!("from {} to {}", end(pair.local), end(pair.remote)))
}

fn in_words(way: Way) -> String {
    let family = if way.is_ipv6 { IpFamily::Ipv6 } else { IpFamily::Ipv4 };
    let way = match way.kind {
        WayKind::Direct => "straight to the server's pod",
        WayKind::Advertised => "to an address in front of the server",
        WayKind::Relayed => "by a relay",
    };
    format!("{way} over {}", family.as_str())
}

fn check(session: &Session) -> &'static str {
    match session.spec.path {
        MediaPath::PodIp => "check the families of the cluster's Services and pods",
        MediaPath::Relay => "check what gives the client another way",
        MediaPath::ClusterIp | MediaPath::NodePort | MediaPath::LoadBalancer => {
            "check what changes addresses between them"
        }
    }
}
