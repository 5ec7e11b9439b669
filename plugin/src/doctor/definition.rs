//! The resource's definition: whether it is served, and whether it is that of this version.

use crds::BallSession;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

use crate::doctor::check::{Check, Read};

const SUBJECT: &str = "definition";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const INSTALL: &str = "kubectl apply --server-side -f deploy/dist/install.yaml";

/// `is_served`: whether the API server answers for the resource. `stored`: the definition, which not everybody may read.
pub(crate) fn definition(is_served: &Read<bool>, stored: &Read<Option<CustomResourceDefinition>>) -> Check {
    match (is_served, stored) {
        (Ok(false), Ok(Some(_))) => Check::fail(
            SUBJECT,
            "BallSession is stored and not served",
            "kubectl describe crd ballsessions.ballsession.dev says why",
        ),
        (Ok(false), _) => Check::fail(SUBJECT, "BallSession v1alpha1 is not installed", INSTALL),
        (_, Ok(Some(stored))) if !is_of_this_version(stored) => Check::warn(
            SUBJECT,
            format!("BallSession v1alpha1 has another schema than that of version {VERSION}"),
            "fields may be missing; install definition, operator and plugin of one version",
        ),
        (_, Ok(Some(_))) => Check::ok(
            SUBJECT,
            format!("BallSession v1alpha1 is served, with the schema of version {VERSION}"),
        ),
        (Ok(true), _) => Check::ok(SUBJECT, "BallSession v1alpha1 is served"),
        (Err(error), _) => Check::unread(SUBJECT, error),
    }
}

fn is_of_this_version(stored: &CustomResourceDefinition) -> bool {
    let ours = BallSession::crd();
    let schema = |crd: &CustomResourceDefinition| {
        let mut versions = crd.spec.versions.iter();
        versions.find(|version| version.name == "v1alpha1").map(|version| version.schema.clone())
    };
    schema(stored) == schema(&ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn missing_foreign_and_unreadable_definitions_are_told_apart() {
        let ours = BallSession::crd();
        let mut other = ours.clone();
        other.spec.versions[0].schema = None;
        let forbidden = || Err("it is forbidden".to_owned());
        for (is_served, stored, level, words) in [
            (Ok(true), Ok(Some(ours.clone())), Level::Ok, "with the schema of version"),
            (Ok(true), Ok(Some(other)), Level::Warn, "another schema"),
            (Ok(true), forbidden(), Level::Ok, "is served"),
            (Ok(false), Ok(None), Level::Fail, "kubectl apply --server-side"),
            (Ok(false), forbidden(), Level::Fail, "is not installed"),
            (Ok(false), Ok(Some(ours)), Level::Fail, "stored and not served"),
            (Err("it is forbidden".to_owned()), forbidden(), Level::Warn, "not examined, it is forbidden"),
        ] {
            let check = definition(&is_served, &stored);
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.finding.contains(words), "{check:?}");
        }
    }
}
