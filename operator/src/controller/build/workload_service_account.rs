//! Who the pods of a session are.

use k8s_openapi::api::core::v1::ServiceAccount;

use crate::controller::build::common::metadata;
use crate::session::Session;
use crate::session::labels::Component;

/// An account of the session's own without any rights: by its name the operator knows whose report it reads.
pub(super) fn build(session: &Session) -> ServiceAccount {
    ServiceAccount {
        metadata: metadata(session, Component::Workload),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn the_whole_object() {
        let account = build(&fixture::session(&json!({})));
        assert_eq!(
            serde_json::to_value(account).unwrap(),
            json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": fixture::metadata("harbor-workload", "workload"),
                "automountServiceAccountToken": false
            })
        );
    }
}
