//! For how long clients have measured, from attempt to attempt.

use super::*;

#[test]
fn a_replacement_knows_what_was_measured() {
    let running = ClientPod { is_ready: true, run: Some("r".into()), ..pod(0, 1) };
    let mut scene = Scene::of(1, std::slice::from_ref(&running));
    scene.wanted.run = Some("r");
    scene.plan();
    scene.after(20).pods = Vec::new();
    scene.plan();
    let create = scene.after(1).plan().creates.remove(0);
    assert_eq!(create, Create { index: 0, attempt: 2, measured: Duration::from_secs(20) });
}

/// A bounded run of one client that has had media since its second 10.
fn measuring() -> Scene {
    let running = ClientPod { is_ready: true, run: Some("r".into()), ..pod(0, 1) };
    let mut scene = Scene::of(1, &[running]);
    scene.wanted.run = Some("r");
    scene.after(10).plan();
    assert_eq!(scene.measured.text(), "0:0@10");
    scene
}

/// The process that saw when media began is not the one that replaces the client.
#[test]
fn a_replacement_knows_what_was_measured_whichever_process_saw_it() {
    // Media goes on across the change, and then the pod is gone.
    let mut scene = measuring();
    scene.after(10).restart();
    scene.after(10).plan();
    assert_eq!(scene.measured.text(), "0:0@10", "nothing is written again");
    scene.pods.clear();
    scene.after(1).plan();
    assert_eq!(scene.measured.text(), "0:21");
    scene.after(1).restart();
    assert_eq!(scene.plan().creates.remove(0).measured, Duration::from_secs(21));

    // It ended while nobody watched, and its pod says when.
    let mut scene = measuring();
    let failed = ClientPod {
        end: Some(End::Failed),
        is_over: true,
        ended_at: Some(at(25)),
        is_ready: false,
        ..scene.pods[0].clone()
    };
    scene.pods = vec![failed];
    scene.after(60).restart();
    scene.plan();
    assert_eq!(scene.measured.text(), "0:15");

    // It is gone without a trace: it measures for longer than it needs to, and not for too short a time.
    let mut scene = measuring();
    scene.pods.clear();
    scene.after(60).restart();
    scene.plan();
    assert_eq!(scene.measured.text(), "");
}

/// The write in which it was to be stored is refused, as somebody else's came before.
#[test]
fn what_was_measured_is_not_lost_with_a_write() {
    let mut scene = measuring();
    scene.pods.clear();
    let stored = scene.measured.clone();
    scene.after(20).plan();
    scene.measured = stored;
    scene.after(1).plan();
    assert_eq!(scene.measured.text(), "0:21");
}

#[test]
fn what_counts_for_nothing_is_forgotten() {
    let forgotten = |change: &dyn Fn(&mut Scene)| {
        let mut scene = measuring();
        change(&mut scene);
        scene.after(5).plan();
        scene.measured.text()
    };
    assert_eq!(forgotten(&|_| ()), "0:0@10");
    assert_eq!(forgotten(&|scene| scene.wanted.stage = RunStage::Suspended), "");
    assert_eq!(forgotten(&|scene| scene.wanted.template = "u"), "", "it is made of something else now");
    assert_eq!(forgotten(&|scene| scene.wanted.clients = first(0)), "");
    assert_eq!(forgotten(&|scene| scene.wanted.run = None), "");
    assert_eq!(forgotten(&|scene| _ = scene.finished.insert(0)), "", "it is done");
    let replaced = |scene: &mut Scene| {
        let before = ClientPod {
            template: "s".into(),
            is_ready: false,
            is_terminating: true,
            node: None,
            never_runs: true,
            ..pod(0, 1)
        };
        let current = ClientPod { is_ready: true, ..pod(0, 2) };
        scene.pods = vec![before, current];
    };
    assert_eq!(forgotten(&replaced), "0:0@10", "what is on its way out was forgotten before");
}
