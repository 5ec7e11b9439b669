//! What the Services of a session have in common.

use crds::contract::PATH_ANNOTATION;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::controller::build::common;
use crate::session::Session;
use crate::session::labels::Component;

/// Name, labels and owner, and of one whose family of addresses was asked for that as well: which family came first cannot be changed.
pub(super) fn metadata(session: &Session, component: Component) -> ObjectMeta {
    let mut metadata = common::metadata(session, component);
    if session.spec.ip_family.is_some() {
        let path = session.path_name().map(|path| (PATH_ANNOTATION.to_owned(), path));
        metadata.annotations = Some(path.into_iter().collect());
    }
    metadata
}

/// How many families it has addresses of, where one was asked for.
pub(super) fn family_policy(session: &Session) -> Option<&'static str> {
    session.spec.ip_family.map(|_| "SingleStack")
}

/// The family that was asked for.
pub(super) fn families(session: &Session) -> Option<Vec<String>> {
    session.spec.ip_family.map(|family| vec![family.as_str().to_owned()])
}
