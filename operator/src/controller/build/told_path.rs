//! What a server's pod is told of the way that media is to take. By a variable and not by a flag: a run may be pinned to an image that
//! does not know it, and goes on by its pod's address.

use crds::contract::PATH_ANNOTATION;
use k8s_openapi::api::core::v1::{EnvVar, PodTemplateSpec};

use crate::session::Session;

/// Whether the operator names the addresses of media, and that it is to be said which way media takes.
const VARIABLE: &str = "BALLSESSION_PATH";

/// Says so, where a path or a family of addresses is asked for; where none is, the pod is as it was before there were any.
pub(super) fn tell(template: &mut PodTemplateSpec, session: &Session) {
    let Some(path) = session.path_name() else { return };
    let annotations = &mut template.metadata.get_or_insert_default().annotations;
    annotations.get_or_insert_default().insert(PATH_ANNOTATION.to_owned(), path);
    for container in template.spec.iter_mut().flat_map(|spec| &mut spec.containers) {
        container.env.get_or_insert_default().push(EnvVar {
            name: VARIABLE.to_owned(),
            value: Some(session.spec.path.as_str().to_owned()),
            ..EnvVar::default()
        });
    }
}
