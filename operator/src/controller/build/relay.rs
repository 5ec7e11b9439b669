//! What a client needs whose media goes by a TURN server. The operator reads nothing of the Secret: the kubelet gives it to the pod.

use crds::Relay;
use k8s_openapi::api::core::v1::{
    EnvVar, EnvVarSource, KeyToPath, PodTemplateSpec, SecretKeySelector, SecretVolumeSource, Volume,
    VolumeMount,
};

const VOLUME: &str = "relay";
const FOLDER: &str = "/var/run/ballsession.dev/relay";
/// The keys of the Secret.
const USER_KEY: &str = "username";
const PASSWORD_KEY: &str = "password";
/// Whatever user the platform gives the pod reads it: that of a Secret's files is root, so with a narrower mode only who is told an
/// `fsGroup` could.
const MODE: i32 = 0o444;

/// Gives the pod's containers the relay, its user and the file with its password.
pub(super) fn give(template: &mut PodTemplateSpec, relay: &Relay) {
    let Some(spec) = &mut template.spec else { return };
    spec.volumes.get_or_insert_default().push(Volume {
        name: VOLUME.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(relay.secret_name.clone()),
            default_mode: Some(MODE),
            items: Some(vec![KeyToPath {
                key: PASSWORD_KEY.to_owned(),
                path: PASSWORD_KEY.to_owned(),
                ..KeyToPath::default()
            }]),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    });
    for container in &mut spec.containers {
        container.volume_mounts.get_or_insert_default().push(VolumeMount {
            name: VOLUME.to_owned(),
            mount_path: FOLDER.to_owned(),
            read_only: Some(true),
            ..VolumeMount::default()
        });
        container.env.get_or_insert_default().extend([
            variable("BALLSESSION_RELAY", relay.uri.clone()),
            EnvVar {
                name: "BALLSESSION_RELAY_USER".to_owned(),
                value_from: Some(EnvVarSource {
                    secret_key_ref: Some(SecretKeySelector {
                        name: relay.secret_name.clone(),
                        key: USER_KEY.to_owned(),
                        ..SecretKeySelector::default()
                    }),
                    ..EnvVarSource::default()
                }),
                ..EnvVar::default()
            },
            variable("BALLSESSION_RELAY_PASSWORD_FILE", format!("{FOLDER}/{PASSWORD_KEY}")),
        ]);
    }
}

fn variable(name: &str, value: String) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value), ..EnvVar::default() }
}
