//! What is shown explains the conditions of the same version of a session, whichever of the two writers wrote it.

use crds::contract::READY;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::*;
use crate::conditions::find;
use crate::display::Shown;
use crate::report_source::Expectation;

/// A session as the API server stores it: a write is refused where another one came after what it is made of.
struct Stored {
    status: BallSessionStatus,
    version: u32,
}

impl Stored {
    /// Sets what a writer owns.
    fn write(&mut self, read: u32, conditions: &[Condition], set: impl FnOnce(&mut BallSessionStatus)) {
        if read != self.version {
            return;
        }
        self.version += 1;
        self.status.conditions.retain(|old| conditions.iter().all(|new| new.type_ != old.type_));
        self.status.conditions.extend_from_slice(conditions);
        set(&mut self.status);
    }
}

/// The row of `kubectl get`, and whether its reason is that of a condition that is not True.
fn explains(status: &BallSessionStatus) -> bool {
    let reason = |kind| {
        let condition = find(&status.conditions, kind).filter(|condition| condition.status != "True");
        condition.map(|condition| condition.reason.clone())
    };
    let shown = status.display.as_ref().and_then(|display| display.reason.clone()).unwrap_or_default();
    let ready = find(&status.conditions, READY).map(|ready| ready.reason.clone()).unwrap_or_default();
    let expected = reason(READY).or_else(|| reason("ObjectivesMet"));
    shown == expected.unwrap_or(if ready == READY { String::new() } else { ready })
}

/// O24: READY True, MET True and NoReports in one row, for as long as the second writer took.
#[test]
fn no_version_of_a_session_contradicts_itself() {
    let mut random = fastrand::Rng::with_seed(24);
    let (mut refused, mut reasons) = (0, std::collections::BTreeSet::new());
    for _ in 0..200 {
        let mut scenario = Scenario::new(&json!({}));
        let mut api = Stored { status: BallSessionStatus::default(), version: 0 };
        let mut read = [(0, BallSessionStatus::default()), (0, BallSessionStatus::default())];
        for second in 0..40 {
            // Either writer reads when it likes, so that it may be late.
            for seen in &mut read {
                if random.u8(..4) > 0 {
                    *seen = (api.version, api.status.clone());
                }
            }
            let before = api.version;
            if random.bool() {
                let (version, status) = &read[0];
                let (kind, reason) = [
                    ("False", "ServerNotReady"),
                    ("False", "MediaBlocked"),
                    ("True", "Ready"),
                    ("True", "Suspended"),
                ][random.usize(..4)];
                let ready: Condition = serde_json::from_value(json!({
                    "type": READY, "status": kind, "reason": reason, "message": "m",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"
                }))
                .unwrap();
                let mut after = Stored { status: status.clone(), version: *version };
                after.write(*version, std::slice::from_ref(&ready), |_| ());
                let shown = Shown::of(&after.status.conditions, Some(&crds::Objectives::default()));
                let (reason, message) = shown.fields(status.display.as_ref());
                api.write(*version, &[ready], |status| {
                    let display = status.display.get_or_insert_default();
                    (display.reason, display.message) = (reason, message);
                });
            } else {
                let mut numbers = judged(second + 1);
                numbers.summary.recent.frames.lost = [0, 900][random.usize(..2)];
                if random.bool() {
                    scenario.server(second, numbers);
                }
                let (version, status) = &read[1];
                scenario.session = stored(&json!({}), &serde_json::to_value(status).unwrap());
                let desired = scenario.desired(second).unwrap();
                api.write(*version, &desired.conditions.clone(), |status| {
                    let clients = status.display.take().and_then(|display| display.clients);
                    status.display = desired.display;
                    status.display.get_or_insert_default().clients = clients;
                });
            }
            refused += u32::from(api.version == before);
            reasons.extend(api.status.display.as_ref().and_then(|display| display.reason.clone()));
            assert!(explains(&api.status), "{:#?}", api.status);
        }
    }
    assert!(refused > 500, "{refused} writes came too late");
    assert!(reasons.contains("") && reasons.contains("NoReports") && reasons.len() > 4, "{reasons:?}");
}

/// A post with as many frames as are needed for a verdict.
fn judged(sequence: u64) -> ServerPost {
    crate::reports::testing::judged_post(sequence)
}

/// The operator knows the zones of nodes, whatever a client says of its own.
#[test]
fn a_clients_zone_is_that_of_its_node() {
    let mut scenario = Scenario::new(&json!({"clients": 2}));
    let mut reported = post(0, 1, 0);
    reported.summary.clients[0].zone = Some("said".into());
    (reported.summary.clients[1].node, reported.summary.clients[1].zone) = (None, Some("said".into()));
    scenario.server(0, reported);
    let zones = |status: &BallSessionStatus| -> Vec<_> {
        status.clients.iter().map(|client| client.zone.clone().unwrap_or_default()).collect()
    };
    assert_eq!(zones(&scenario.desired(0).unwrap()), ["said", "said"]);
    let known = [("worker-2".to_owned(), "north".to_owned())].into();
    scenario
        .at(1, |tracked, _, now| tracked.expect(Expectation { zones: known, ..Expectation::default() }, now));
    assert_eq!(zones(&scenario.desired(1).unwrap()), ["north", "said"]);
}
