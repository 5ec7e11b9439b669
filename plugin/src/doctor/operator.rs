//! The operator's Deployment: that there is one, its version, and its replicas.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Container;
use kube::ResourceExt;

use crate::doctor::check::{Check, Read};

const SUBJECT: &str = "operator";
const REPLICAS: &str = "replicas";
/// Charts put the version there.
const VERSION_LABEL: &str = "app.kubernetes.io/version";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Two lines for each Deployment; `place` is where it was looked for.
pub(crate) fn operator(deployments: &Read<Vec<Deployment>>, place: &str) -> Vec<Check> {
    match deployments {
        Err(error) => vec![Check::unread(SUBJECT, error)],
        Ok(deployments) if deployments.is_empty() => vec![Check::fail(
            SUBJECT,
            format!("there is none in {place}"),
            "kubectl apply --server-side -f deploy/dist/install.yaml, or name its namespace by --operator-namespace",
        )],
        Ok(deployments) => deployments.iter().flat_map(|one| [version(one), replicas(one)]).collect(),
    }
}

fn version(deployment: &Deployment) -> Check {
    let name = name(deployment);
    let Some(image) = image(deployment) else {
        return Check::warn(SUBJECT, format!("{name} has no container"), "install it anew");
    };
    let finding = format!("{name} runs {image}");
    // By a digest alone an image does not say its version; its objects may.
    let labelled = deployment.labels().get(VERSION_LABEL).map(String::as_str);
    let is_pinned = image.contains('@');
    match tag(&image).or(labelled.filter(|_| is_pinned)) {
        Some(VERSION) => Check::ok(SUBJECT, finding),
        None if is_pinned => Check::ok(SUBJECT, format!("{finding}, which does not say its version")),
        _ => Check::warn(
            SUBJECT,
            finding,
            &format!(
                "this plugin is of version {VERSION}; where the operator is of another one, fields may be missing"
            ),
        ),
    }
}

fn replicas(deployment: &Deployment) -> Check {
    let name = name(deployment);
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let available = deployment.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0);
    let finding = format!("{available} of {wanted} are available");
    let look = format!(
        "kubectl -n {} describe pods -l app.kubernetes.io/name=ballsession-operator",
        namespace(deployment)
    );
    match available {
        0 => Check::fail(REPLICAS, format!("of {name} {finding}"), &look),
        available if available < wanted => Check::warn(REPLICAS, finding, &look),
        _ => Check::ok(REPLICAS, finding),
    }
}

fn image(deployment: &Deployment) -> Option<String> {
    container(deployment)?.image.clone()
}

/// The container of the operator itself.
pub(super) fn container(deployment: &Deployment) -> Option<&Container> {
    let pod = deployment.spec.template.spec.as_ref()?;
    let operator = pod.containers.iter().find(|container| container.name == "operator");
    operator.or(pod.containers.first())
}

/// What stands behind the colon of the last part, before a digest.
fn tag(image: &str) -> Option<&str> {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    name.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
}

fn namespace(deployment: &Deployment) -> String {
    deployment.namespace().unwrap_or_default()
}

/// Its namespace and its own name.
pub(super) fn name(deployment: &Deployment) -> String {
    format!("{}/{}", namespace(deployment), deployment.name_any())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Level;

    fn checks(image: &str, available: i32) -> Vec<Check> {
        labelled(image, available, &json!({}))
    }

    fn labelled(image: &str, available: i32, labels: &Value) -> Vec<Check> {
        let deployment = serde_json::from_value(json!({
            "metadata": {"name": "ballsession-operator", "namespace": "tower", "labels": labels},
            "spec": {"replicas": 2, "selector": {}, "template": {"spec": {"containers": [
                {"name": "sidecar", "image": "x:1"}, {"name": "operator", "image": image}
            ]}}},
            "status": {"availableReplicas": available}
        }));
        operator(&Ok(vec![deployment.unwrap()]), "any namespace")
    }

    #[test]
    fn version_and_replicas_have_a_line_each() {
        let good = checks(&format!("registry:5000/ballsession-operator:{VERSION}@sha256:ab"), 2);
        assert_eq!([good[0].level, good[1].level], [Level::Ok, Level::Ok]);
        assert_eq!(good[1].finding, "2 of 2 are available");
        let old = checks("registry:5000/ballsession-operator", 1);
        assert_eq!([old[0].level, old[1].level], [Level::Warn, Level::Warn]);
        assert!(
            old[0]
                .finding
                .starts_with("tower/ballsession-operator runs registry:5000/ballsession-operator: this")
        );
        assert_eq!(checks("a:0.0.1", 0)[1].level, Level::Fail);
    }

    #[test]
    fn an_image_by_digest_alone_is_of_the_version_that_its_objects_name() {
        let image = "registry:5000/ballsession-operator@sha256:ab";
        let unknown = &checks(image, 2)[0];
        assert_eq!(unknown.level, Level::Ok);
        assert!(
            unknown.finding.ends_with("@sha256:ab, which does not say its version"),
            "{}",
            unknown.finding
        );
        for (version, level) in [(VERSION, Level::Ok), ("0.0.1", Level::Warn)] {
            let labels = json!({"app.kubernetes.io/version": version});
            assert_eq!(labelled(image, 2, &labels)[0].level, level, "{version}");
        }
    }

    #[test]
    fn where_there_is_none_is_said() {
        let none = &operator(&Ok(Vec::new()), "namespace tower")[0];
        assert_eq!(none.level, Level::Fail);
        assert!(none.finding.starts_with("there is none in namespace tower: "));
        assert_eq!(operator(&Err("forbidden".into()), "x")[0].level, Level::Warn);
    }
}
