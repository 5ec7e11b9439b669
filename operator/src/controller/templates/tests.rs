//! What pods stay as they are when another version of the operator comes, and which are made anew.

use serde_json::{Value, json};

use super::*;
use crate::controller::build::{build, fixture};
use crate::session::fixture::session;
use crate::settings::Settings;

/// A session, an operator, and what there is.
pub(in crate::controller) struct Scene {
    pub(in crate::controller) session: Session,
    settings: Settings,
    status: BallSessionStatus,
    generation: i64,
    resources: Resources<Observed>,
    pods: Vec<Arc<Pod>>,
    adoption: Adoption,
}

impl Scene {
    /// With an operator that has just come to it.
    pub(in crate::controller) fn of(spec: &Value) -> Self {
        Self {
            session: session(spec),
            settings: fixture::settings(),
            status: BallSessionStatus::default(),
            generation: 1,
            resources: Resources::nothing(),
            pods: Vec::new(),
            adoption: Adoption::Nothing,
        }
    }

    pub(in crate::controller) fn templates(&self) -> Templates {
        let prepared = build(&self.session, &self.resources, &self.settings, None);
        let clients = ClientPods::of(&self.session, &self.settings);
        let found = Found { resources: &self.resources, pods: &self.pods, adoption: self.adoption };
        let version = SessionRef {
            key: crate::cluster::Key::new("harbor").within("lighthouse"),
            uid: "5e8d2c1a-uid".into(),
            generation: Some(self.generation),
            version: "1".into(),
            reference: k8s_openapi::api::core::v1::ObjectReference::default(),
        };
        Templates::of(&version, &self.session, &self.status, found, &prepared, clients)
    }

    /// It is stored what pods are made of, and they are made.
    fn run(&mut self) -> Templates {
        let templates = self.templates();
        let time = "2026-01-01T00:00:00Z".parse().unwrap();
        self.store(&templates.to_store(&self.session, Move::Nothing, time));
        if !templates.keeps_server {
            self.resources.server_deployment = Some(self.server());
        }
        templates
    }

    fn store(&mut self, templates: &PodTemplates) {
        let run = json!({"hash": self.session.run_hash, "startedAt": "2026-01-01T00:00:00Z", "podTemplates": templates});
        let status = json!({"observedGeneration": self.generation, "run": run});
        self.status = serde_json::from_value(status).unwrap();
    }

    /// The Deployment as this operator applies it.
    fn server(&self) -> Deployment {
        let Desired::Present(mut server) =
            build(&self.session, &Resources::nothing(), &self.settings, None).server_deployment
        else {
            panic!("no server")
        };
        let stamp = short_hash(&json!(server));
        server.metadata.annotations = Some([(APPLIED_HASH_ANNOTATION.to_owned(), stamp)].into());
        server
    }

    /// Another version of the operator, that makes pods otherwise.
    fn upgrade(&mut self) {
        self.settings.report_url.push('2');
    }

    fn asks(&mut self, spec: &Value) {
        self.session = session(spec);
        self.generation += 1;
    }
}

#[test]
fn what_another_version_made_stays_until_it_is_its_turn() {
    let mut scene = Scene::of(&json!({"clients": 1}));
    let begun = scene.run();
    assert_eq!((begun.are_outdated(), begun.keeps_server, begun.of_clients().len()), (false, false, 1));
    assert_eq!(scene.run(), begun, "nothing has happened");

    scene.upgrade();
    let upgraded = scene.run();
    assert_eq!((upgraded.are_outdated(), upgraded.keeps_server), (true, true));
    assert_eq!(upgraded.names(), begun.names(), "nothing is disturbed");
    assert_eq!(
        (upgraded.of_clients().len(), upgraded.of_clients()[0].clone()),
        (2, begun.of_clients()[0].clone())
    );

    let time = "2026-01-01T00:01:00.5Z".parse().unwrap();
    scene.store(&upgraded.to_store(&scene.session, Move::Now, time));
    // Whichever process goes on.
    let moved = scene.run();
    assert_eq!((moved.are_outdated(), moved.keeps_server, moved.has_turn), (false, false, true));
    assert_ne!(moved.names(), begun.names());
    assert_eq!(moved.to_store(&scene.session, Move::Nothing, time).moved_at, Some(stored_time(time)));
    assert!(!scene.run().has_turn);
}

#[test]
fn of_whom_something_else_is_asked_for_that_is_made_anew_at_once() {
    let mut scene = Scene::of(&json!({"clients": 1, "duration": "5m"}));
    let begun = scene.run();
    scene.upgrade();
    scene.asks(&json!({"clients": 7, "duration": "5m", "objectives": {"lossPercent": "5"}, "networkPolicy": "Isolated"}));
    assert!(scene.run().keeps_server, "no pod follows from that");
    scene.asks(&json!({"clients": 7, "duration": "5m", "client": {"faults": ["drop=1%"]}}));
    let clients = scene.run();
    assert_eq!((clients.keeps_server, clients.of_clients().len()), (true, 1));
    assert_eq!(clients.names()[0], begun.names()[0]);
    scene.asks(&json!({"clients": 7, "duration": "5m", "server": {"image": "mine:1"}}));
    assert_eq!((scene.run().keeps_server, scene.templates().are_outdated()), (false, false));
}

#[test]
fn a_session_of_a_version_that_stored_nothing_of_it_waits_as_well() {
    let mut scene = Scene::of(&json!({"clients": 1}));
    let before = scene.run();
    scene.status.run.as_mut().unwrap().pod_templates = None;
    let pod = |name: &str, template: &str, created: &str| -> Arc<Pod> {
        Arc::new(serde_json::from_value(json!({"metadata": {
            "name": name, "creationTimestamp": created, "labels": {"app.kubernetes.io/component": "client"},
            "annotations": {"ballsession.dev/template-hash": template, "ballsession.dev/attempt": "1"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid", "controller": true}]
        }})).unwrap())
    };
    scene.pods = vec![pod("b", "asked-since", "2026-01-01T00:00:09Z"), pod("a", "t", "2026-01-01T00:00:00Z")];
    let clients = scene.templates();
    assert_eq!(clients.of_clients()[0], "asked-since", "what was being replaced goes on to be");
    assert_eq!(clients.names()[0], before.names()[0], "this operator would ask for the same server");

    scene.upgrade();
    let upgraded = scene.templates();
    assert_eq!((upgraded.keeps_server, upgraded.of_clients().len()), (true, 2));
    scene.generation += 1;
    let changed = scene.templates();
    assert_eq!((changed.keeps_server, changed.of_clients().len()), (false, 1), "asked for by whom?");
}

#[test]
fn without_a_pod_there_is_nothing_to_be_kept() {
    let mut scene = Scene::of(&json!({"clients": 1}));
    scene.run();
    scene.upgrade();
    for change in [
        |server: &mut Deployment| server.spec.replicas = Some(0),
        |server: &mut Deployment| server.metadata.owner_references = None,
    ] {
        let mut server = scene.server();
        change(&mut server);
        scene.resources.server_deployment = Some(server);
        assert!(!scene.templates().keeps_server);
    }
    scene.asks(&json!({"clients": 1, "suspend": true}));
    scene.resources.server_deployment = Some(scene.server());
    let suspended = scene.templates();
    assert_eq!((suspended.keeps_server, suspended.are_outdated()), (false, true));
    let time = "2026-01-01T00:01:00Z".parse().unwrap();
    scene.store(&suspended.to_store(&scene.session, Move::Now, time));
    let moved = scene.templates();
    assert_eq!((moved.are_outdated(), moved.has_turn), (false, true));
    assert_eq!(moved.to_store(&scene.session, Move::Nothing, time).moved_at, None, "nobody waits for it");
}

/// What a version with Jobs made has no template that could be compared.
#[test]
fn what_is_adopted_has_no_template_until_it_moves() {
    let mut scene = Scene::of(&json!({"clients": 1}));
    scene.resources.server_deployment = Some(scene.server());
    scene.adoption = Adoption::Whole;
    let adopted = scene.run();
    assert_eq!((adopted.names(), adopted.keeps_server), ([None, None], false));
    let time = "2026-01-01T00:01:00Z".parse().unwrap();
    scene.store(&adopted.to_store(&scene.session, Move::Now, time));
    scene.adoption = Adoption::Nothing;
    assert!(!scene.templates().are_outdated());
}

#[test]
fn who_finds_what_it_made_otherwise_again_insists() {
    let mut scene = Scene::of(&json!({"clients": 1}));
    let mut made = None;
    let first = scene.run().unless_made(&mut made);
    scene.upgrade();
    let other = scene.templates();
    scene.settings = fixture::settings();
    scene.store(&PodTemplates {
        server: other
            .known
            .server
            .as_ref()
            .map(|part| PartTemplates { hashes: part.hashes[1..].to_vec(), ..part.clone() }),
        ..other.known.clone()
    });
    let found = scene.templates();
    assert!(found.clone().unless_made(&mut None).keeps_server, "a new process");
    assert_eq!(found.unless_made(&mut made).names(), first.names());
}
