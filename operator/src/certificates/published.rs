//! Which sessions have been given the authorities: those whose ConfigMap has them.

use crds::contract::REPORT_CA_KEY;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::runtime::reflector::Store;

use crate::cluster::Kept;
use crate::session::labels::{COMPONENT, Component};

/// A session whose ConfigMap has other authorities than `bundle`. Sessions without one get it with these.
pub fn lagging(config_maps: &Store<Kept<ConfigMap>>, bundle: &str) -> Option<String> {
    let config_maps = config_maps.state();
    let other = config_maps.iter().filter_map(|kept| kept.object()).find(|config_map| {
        let is_ours =
            config_map.labels().get(COMPONENT).is_some_and(|part| part == Component::ReportCa.as_str());
        let given = config_map.data.as_ref().and_then(|data| data.get(REPORT_CA_KEY));
        // One that is about to go takes its pods along.
        is_ours
            && config_map.metadata.deletion_timestamp.is_none()
            && given.map(String::as_str) != Some(bundle)
    })?;
    Some(format!("{}/{}", other.namespace().unwrap_or_default(), other.name_any()))
}

#[cfg(test)]
mod tests {
    use kube::runtime::{reflector, watcher::Event};
    use serde_json::{Value, json};

    use super::*;

    fn of(config_maps: &[Value]) -> Option<String> {
        let (store, mut writer) = reflector::store();
        for config_map in config_maps {
            let config_map: ConfigMap = serde_json::from_value(config_map.clone()).unwrap();
            writer.apply_watcher_event(&Event::Apply(Kept::of(&config_map)));
        }
        lagging(&store, "new")
    }

    fn config_map(name: &str, part: &str, bundle: &str) -> Value {
        json!({
            "metadata": {"name": name, "namespace": "lighthouse", "labels": {"app.kubernetes.io/component": part}},
            "data": {"ca.crt": bundle}
        })
    }

    #[test]
    fn a_session_with_other_authorities_is_named() {
        let mut ending = config_map("pier-report-ca", "report-ca", "old");
        ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        let others =
            [config_map("quay-report-ca", "report-ca", "new"), config_map("x", "something", "old"), ending];
        assert_eq!(of(&others), None);
        let lagging = config_map("harbor-report-ca", "report-ca", "old");
        assert_eq!(of(&[&others[..], &[lagging]].concat()).as_deref(), Some("lighthouse/harbor-report-ca"));
    }
}
