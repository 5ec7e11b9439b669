//! Children that cannot become what they shall be: they are deleted, and come anew.

use crds::contract::PATH_ANNOTATION;
use kube::ResourceExt;
use serde_json::json;

use crate::controller::apply::attempt::{Child, kind};

/// Whether a live child has to make way for one that shall be. The family of a Service that came first cannot be changed; and where none
/// is asked for any more, that of one for which one was asked may not be the cluster's first.
pub(super) fn has_to_be_remade<K: Child>(live: &K, desired: &K) -> bool {
    if kind::<K>() != "Service" {
        return false;
    }
    let (is, shall_be) = (json!(live), json!(desired));
    let (is, shall_be) = (&is["spec"]["ipFamilies"][0], &shall_be["spec"]["ipFamilies"][0]);
    match shall_be.is_null() {
        true => live.annotations().contains_key(PATH_ANNOTATION),
        false => !is.is_null() && is != shall_be,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ConfigMap, Service};
    use serde_json::Value;

    use super::*;

    fn service(families: &Value, annotations: &Value) -> Service {
        let metadata = json!({"name": "harbor-media", "annotations": annotations});
        serde_json::from_value(json!({"metadata": metadata, "spec": {"ipFamilies": families}})).unwrap()
    }

    #[test]
    fn a_service_of_another_first_family_makes_way() {
        let path = json!({PATH_ANNOTATION: "PodIP IPv6"});
        let none = json!({});
        for (live, asked, expected) in [
            ((json!(["IPv4"]), &none), (Value::Null, &none), false),
            ((json!(["IPv4", "IPv6"]), &none), (json!(["IPv4"]), &path), false),
            ((json!(["IPv4", "IPv6"]), &none), (json!(["IPv6"]), &path), true),
            ((json!(["IPv6"]), &path), (json!(["IPv6"]), &path), false),
            ((json!(["IPv6"]), &path), (Value::Null, &none), true),
        ] {
            let of = |(families, annotations): &(Value, &Value)| service(families, annotations);
            assert_eq!(has_to_be_remade(&of(&live), &of(&asked)), expected, "{live:?} {asked:?}");
        }
        assert!(!has_to_be_remade(&ConfigMap::default(), &ConfigMap::default()));
    }
}
