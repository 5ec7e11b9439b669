//! The session that `run` creates. Pure: what is left out is up to the resource's own defaults.

mod objectives;
mod way;
mod written;

use std::time::Duration;

use crds::{Drill, DrillKind, Placement};
use serde_json::{Map, Value, json};

pub(crate) use objectives::objectives;
pub(crate) use way::Way;
pub(crate) use written::written;

/// A session that nobody removes, because its plugin was killed, goes so long after its run.
const LEFT_BEHIND: &str = "10m";
/// The label that says what has made a session.
const MADE_BY: &str = "kubectl-ballsession";

/// What a session is asked to be.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) name: Option<String>,
    pub(crate) length: Duration,
    pub(crate) clients: u32,
    pub(crate) placement: Option<Placement>,
    /// By which way media flows.
    pub(crate) way: Way,
    /// When the server is replaced.
    pub(crate) drill_after: Option<Duration>,
    pub(crate) objectives: Option<Map<String, Value>>,
    /// Whether it is to stay.
    pub(crate) is_kept: bool,
}

impl Request {
    /// The resource.
    pub(crate) fn resource(&self) -> Value {
        let mut metadata = json!({"labels": {"app.kubernetes.io/created-by": MADE_BY}});
        match &self.name {
            Some(name) => metadata["name"] = json!(name),
            None => metadata["generateName"] = json!("run-"),
        }
        let mut spec = json!({"clients": self.clients, "duration": written(self.length)});
        if let Some(placement) = self.placement {
            spec["placement"] = json!(placement);
        }
        self.way.add_to(&mut spec);
        if let Some(after) = self.drill_after {
            let drill = Drill { after: written(after), kind: DrillKind::RestartServer };
            spec["drill"] = json!(drill);
        }
        if let Some(objectives) = &self.objectives {
            spec["objectives"] = json!(objectives);
        }
        if !self.is_kept {
            spec["ttlAfterFinished"] = json!(LEFT_BEHIND);
        }
        json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": metadata, "spec": spec})
    }
}

#[cfg(test)]
mod tests {
    use crds::{IpFamily, MediaPath};

    use super::*;

    #[test]
    fn the_whole_resource() {
        let request = Request {
            name: None,
            length: Duration::from_secs(120),
            clients: 4,
            placement: Some(Placement::CrossNode),
            way: Way { path: Some(MediaPath::ClusterIp), ip_family: Some(IpFamily::Ipv6), relay: None },
            drill_after: Some(Duration::from_secs(30)),
            objectives: Some(objectives(&"latency-p95=50ms,loss=0.5".parse().unwrap()).unwrap()),
            is_kept: false,
        };
        assert_eq!(
            request.resource(),
            json!({
                "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
                "metadata": {"generateName": "run-", "labels": {"app.kubernetes.io/created-by": "kubectl-ballsession"}},
                "spec": {
                    "clients": 4, "duration": "2m", "placement": "CrossNode", "ttlAfterFinished": "10m",
                    "path": "ClusterIP", "ipFamily": "IPv6", "drill": {"after": "30s", "kind": "RestartServer"},
                    "objectives": {"latencyP95": "50ms", "lossPercent": "0.5", "minimumFrames": 300}
                }
            })
        );
        let kept = Request {
            name: Some("harbor".into()),
            placement: None,
            way: Way::default(),
            drill_after: None,
            objectives: None,
            is_kept: true,
            ..request
        };
        assert_eq!(
            kept.resource(),
            json!({
                "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
                "metadata": {"name": "harbor", "labels": {"app.kubernetes.io/created-by": "kubectl-ballsession"}},
                "spec": {"clients": 4, "duration": "2m"}
            })
        );
    }
}
