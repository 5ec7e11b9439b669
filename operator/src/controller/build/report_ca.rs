//! By what the pods of a session check that it is the operator to whom they report.

use crds::contract::REPORT_CA_KEY;
use k8s_openapi::api::core::v1::ConfigMap;

use crate::controller::build::common::metadata;
use crate::session::Session;
use crate::session::labels::Component;

/// The authorities that issue the operator's certificate, as PEM. Pods mount it, and so see each change of it.
pub(super) fn build(session: &Session, bundle: &str) -> ConfigMap {
    ConfigMap {
        metadata: metadata(session, Component::ReportCa),
        data: Some([(REPORT_CA_KEY.to_owned(), bundle.to_owned())].into()),
        ..ConfigMap::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn the_whole_object() {
        let config_map = build(&fixture::session(&json!({})), "former\ncurrent\n");
        assert_eq!(
            serde_json::to_value(config_map).unwrap(),
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": fixture::metadata("harbor-report-ca", "report-ca"),
                "data": {"ca.crt": "former\ncurrent\n"}
            })
        );
    }
}
