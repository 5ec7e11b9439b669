//! The images of a run's pods, where the session leaves them to the operator. They stay those that the run began with,
//! whatever the next version of the operator would take: it moves sessions a few at a time, and bounded runs not at all.

use crds::{BallSessionSpec, RunImages};

use crate::settings::Settings;

/// What this operator takes for a session: nothing where the session names an image itself.
pub fn default_images(spec: &BallSessionSpec, settings: &Settings) -> RunImages {
    let unless = |own: &Option<String>, default: &String| own.is_none().then(|| default.clone());
    RunImages {
        server: unless(&spec.server.image, &settings.server_image),
        client: unless(&spec.client.pod.image, &settings.client_image),
    }
}

/// What the pods of a run with these images run: what is not known of it, as of a run that has not begun, is as it is by
/// default.
pub fn run_images(stored: Option<&RunImages>, default: RunImages) -> RunImages {
    let Some(stored) = stored else { return default };
    let of = |default: Option<String>, stored: &Option<String>| {
        default.map(|default| stored.clone().unwrap_or(default))
    };
    RunImages { server: of(default.server, &stored.server), client: of(default.client, &stored.client) }
}

/// The settings with the images of a run in place of the operator's own.
pub fn with_images(settings: &Settings, images: &RunImages) -> Settings {
    let RunImages { server, client } = images.clone();
    let mut settings = settings.clone();
    settings.server_image = server.unwrap_or(settings.server_image);
    settings.client_image = client.unwrap_or(settings.client_image);
    settings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::PodDefaults;

    fn settings() -> Settings {
        Settings {
            server_image: "s:2".into(),
            client_image: "c:2".into(),
            image_pull_policy: None,
            architectures: Vec::new(),
            pod_defaults: PodDefaults::default(),
            report_url: String::new(),
            plain_report_url: String::new(),
            operator_namespace: String::new(),
        }
    }

    fn images(spec: &Value, stored: Option<&Value>) -> Value {
        let spec = serde_json::from_value(spec.clone()).unwrap();
        let stored: Option<RunImages> = stored.map(|stored| serde_json::from_value(stored.clone()).unwrap());
        serde_json::to_value(run_images(stored.as_ref(), default_images(&spec, &settings()))).unwrap()
    }

    #[test]
    fn a_run_keeps_the_images_that_it_began_with() {
        let old = json!({"server": "s:1", "client": "c:1"});
        assert_eq!(images(&json!({}), None), json!({"server": "s:2", "client": "c:2"}));
        assert_eq!(images(&json!({}), Some(&old)), old);
        assert_eq!(
            images(&json!({}), Some(&json!({"server": "s:1"}))),
            json!({"server": "s:1", "client": "c:2"})
        );
    }

    #[test]
    fn an_image_of_the_sessions_own_is_not_the_operators() {
        let own = json!({"server": {"image": "mine:1"}});
        assert_eq!(images(&own, None), json!({"client": "c:2"}));
        assert_eq!(images(&own, Some(&json!({"server": "s:1", "client": "c:1"}))), json!({"client": "c:1"}));
    }

    #[test]
    fn pods_are_made_of_the_images_of_their_run() {
        let of = |images: Value| {
            let settings = with_images(&settings(), &serde_json::from_value(images).unwrap());
            (settings.server_image, settings.client_image)
        };
        assert_eq!(of(json!({"server": "s:1"})), ("s:1".into(), "c:2".into()));
        assert_eq!(of(json!({"client": "c:1"})), ("s:2".into(), "c:1".into()));
    }
}
