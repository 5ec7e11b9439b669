//! How faults are injected. What ends a fault is noted before it begins.

mod control_plane;
mod network;
mod nodes;
mod objects;
mod pods;
mod processes;

use anyhow::Result;

use crate::fault::Fault;
use crate::ground::Ground;
use crate::remedy::Remedies;
use crate::scene::Scene;

/// Injects a fault into the scenes of a case, and returns what was done, in words, where that says more than the fault's
/// name.
pub(crate) async fn inject(
    fault: &Fault,
    ground: &Ground,
    scenes: &[Scene],
    remedies: &mut Remedies,
) -> Result<String> {
    match fault {
        Fault::FreezeNodes(places) => nodes::freeze(ground, places, remedies).await?,
        Fault::StopNodes(places) => nodes::stop(ground, places, remedies).await?,
        Fault::RebootNodes(places) => nodes::reboot(ground, places, remedies).await?,
        Fault::HideCni(place) => nodes::hide_cni(ground.node(*place), remedies).await?,
        Fault::CutUdp(direction) => network::cut_servers(ground, scenes, *direction, remedies).await?,
        Fault::CutUdpBetweenNodes => network::cut_nodes(ground, None, remedies).await?,
        Fault::DropLargeUdpBetweenNodes(bytes) => network::cut_nodes(ground, Some(*bytes), remedies).await?,
        Fault::StopDns => control_plane::stop_dns(remedies).await?,
        Fault::Objects(templates) => objects::create(scenes, templates, remedies).await?,
        Fault::Spec(mended) => objects::mend_later(scenes, mended, remedies),
        Fault::LimitCpu(part, millicores) => pods::limit(scenes, *part, *millicores, remedies).await?,
        Fault::Kill(part, times, every) => processes::kill(scenes, *part, *times, *every).await?,
        Fault::Stop(part) => processes::stop(scenes, *part, remedies).await?,
        Fault::EvictClients(times) => return pods::evict(scenes, *times).await,
        Fault::DeleteClient => pods::delete(scenes).await?,
        Fault::OrphanClient => pods::orphan_client(scenes).await?,
        Fault::OrphanSession => pods::orphan_session(scenes).await?,
        Fault::KillOperator => control_plane::kill_operator().await?,
        Fault::KillOperatorLater(seconds) => control_plane::kill_operator_later(scenes, *seconds).await?,
        Fault::StopApiServer => control_plane::stop_api_server(ground, remedies).await?,
    }
    Ok(String::new())
}
