//! Where pods report to, and by what they check that it is the operator.
//!
//! By variables what a version before does not know, which passes them over: a run may be pinned to its image, and of an image
//! that a session names nothing is known. By its flag that version is told where reports are taken without encryption.

use crds::contract::REPORT_CA_KEY;
use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, EnvVar, Volume, VolumeMount};

use crate::session::Session;
use crate::session::labels::Component;
use crate::settings::Settings;

const VOLUME: &str = "report-ca";
const FOLDER: &str = "/var/run/ballsession.dev/report-ca";
const URL_VARIABLE: &str = "BALLSESSION_REPORT_TLS_URL";
const CA_VARIABLE: &str = "BALLSESSION_REPORT_CA_FILE";

fn is_encrypted(settings: &Settings) -> bool {
    settings.report_url.starts_with("https://")
}

/// The URL that every version knows what to do with.
pub(super) fn args(settings: &Settings) -> [String; 2] {
    let url = if is_encrypted(settings) { &settings.plain_report_url } else { &settings.report_url };
    ["--report-url".to_owned(), url.clone()]
}

/// What this version reports by instead.
pub(super) fn env(settings: &Settings) -> Vec<EnvVar> {
    let variable =
        |name: &str, value: String| EnvVar { name: name.to_owned(), value: Some(value), ..EnvVar::default() };
    match is_encrypted(settings) {
        true => vec![
            variable(URL_VARIABLE, settings.report_url.clone()),
            variable(CA_VARIABLE, format!("{FOLDER}/{REPORT_CA_KEY}")),
        ],
        false => Vec::new(),
    }
}

/// The authorities of the session. Whole and not by a path within it: else the kubelet would never bring others.
pub(super) fn volume(session: &Session, settings: &Settings) -> Option<Volume> {
    is_encrypted(settings).then(|| Volume {
        name: VOLUME.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: session.child_name(Component::ReportCa),
            // Media does not wait for reports.
            optional: Some(true),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    })
}

/// Where a container finds them.
pub(super) fn mount(settings: &Settings) -> Option<VolumeMount> {
    is_encrypted(settings).then(|| VolumeMount {
        name: VOLUME.to_owned(),
        mount_path: FOLDER.to_owned(),
        read_only: Some(true),
        ..VolumeMount::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn who_has_pods_report_unencrypted_gives_them_nothing_to_check() {
        let (session, settings) = (fixture::session(&json!({})), fixture::settings());
        assert_eq!(args(&settings)[1], settings.plain_report_url);
        assert!(env(&settings).len() == 2 && volume(&session, &settings).is_some());

        let plain = Settings { report_url: "http://reports.example/v1/reports".into(), ..settings };
        assert_eq!(args(&plain)[1], plain.report_url);
        assert!(env(&plain).is_empty() && volume(&session, &plain).is_none() && mount(&plain).is_none());
    }
}
