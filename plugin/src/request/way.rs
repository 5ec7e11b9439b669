//! The way that media is to take.

use crds::{IpFamily, MediaPath, Relay};
use serde_json::{Value, json};

/// What is asked for; the rest as in any session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) path: Option<MediaPath>,
    pub(crate) relay: Option<Relay>,
    pub(crate) ip_family: Option<IpFamily>,
}

impl Way {
    /// Puts it into a spec.
    pub(super) fn add_to(&self, spec: &mut Value) {
        let Self { path, relay, ip_family } = self;
        if let Some(path) = path {
            spec["path"] = json!(path);
        }
        if let Some(relay) = relay {
            spec["relay"] = json!(relay);
        }
        if let Some(family) = ip_family {
            spec["ipFamily"] = json!(family);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_the_resource_reads() {
        let relay = Relay { uri: "turn:relay.test".into(), secret_name: "demo-relay".into() };
        let way = Way { path: Some(MediaPath::Relay), relay: Some(relay.clone()), ip_family: None };
        let mut spec = json!({});
        way.add_to(&mut spec);
        let written =
            json!({"path": "Relay", "relay": {"uri": "turn:relay.test", "secretName": "demo-relay"}});
        assert_eq!(spec, written);
        let read: crds::BallSessionSpec = serde_json::from_value(spec).unwrap();
        assert_eq!((read.path, read.relay), (MediaPath::Relay, Some(relay)));
    }
}
