//! Whether what there is, is what was asked for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Model, is_bounded};
use crate::pods::{Phase, SessionPod};

/// All that is stored, as JSON but for pods.
pub(crate) struct Found {
    pub(crate) sessions: Vec<Value>,
    pub(crate) deployments: Vec<Value>,
    /// Services, ServiceAccounts and ConfigMaps that the operator made.
    pub(crate) others: Vec<Value>,
    pub(crate) pods: Vec<SessionPod>,
}

/// What is not as it should be once everything has come to rest. `posted` has the frames of the last post of a server's pod.
pub(crate) fn disagreements(
    model: &Model,
    found: &Found,
    posted: impl Fn(&str) -> Option<u64>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let uids: BTreeSet<_> = found.sessions.iter().map(|session| text(&session["metadata"]["uid"])).collect();
    let names: Vec<_> = found.sessions.iter().map(|session| text(&session["metadata"]["name"])).collect();
    if !names.iter().eq(model.names()) {
        wrong.push(format!("sessions {names:?}"));
    }
    for child in found.deployments.iter().chain(&found.others) {
        let owner = text(&child["metadata"]["ownerReferences"][0]["uid"]);
        if !uids.contains(&owner) {
            wrong.push(format!("{} {} has no session", child["kind"], child["metadata"]["name"]));
        }
    }
    for pod in &found.pods {
        if pod.session_uid.as_ref().is_some_and(|uid| !uids.contains(uid)) {
            wrong.push(format!("pod {} has no session", pod.name));
        }
    }
    for session in &found.sessions {
        let name = text(&session["metadata"]["name"]);
        let Some(spec) = model.spec(&name) else { continue };
        wrong.extend(
            of_session(&name, session, spec, found, &posted).into_iter().map(|why| format!("{name}: {why}")),
        );
    }
    wrong
}

fn of_session(
    name: &str,
    session: &Value,
    spec: &Value,
    found: &Found,
    posted: &impl Fn(&str) -> Option<u64>,
) -> Vec<String> {
    let status = &session["status"];
    let condition = |kind: &str| {
        let conditions = status["conditions"].as_array();
        let found = conditions.into_iter().flatten().find(|condition| condition["type"] == kind);
        found.map_or_else(String::new, |found| {
            format!("{}/{}", text(&found["status"]), text(&found["reason"]))
        })
    };
    let (ready, complete) = (condition("Ready"), condition("Complete"));
    let is_over = complete.starts_with("True");
    let is_suspended = spec["suspend"] == true && !is_over;
    let runs = !is_over && !is_suspended;
    let mut wrong = Vec::new();
    let mut expect = |is_so: bool, why: String| {
        if !is_so {
            wrong.push(why);
        }
    };

    expect(
        status["observedGeneration"] == session["metadata"]["generation"],
        format!("generation {} is observed", status["observedGeneration"]),
    );
    let as_asked = match (is_over, is_suspended, is_bounded(spec)) {
        (true, _, true) => ready == "True/Completed" && complete == "True/Finished",
        (true, _, false) => false,
        (false, true, _) => ready == "True/Suspended" && complete.starts_with("False"),
        // All its clients were told to be done.
        (false, false, true) => false,
        (false, false, false) => ready == "True/Ready" && complete == "False/Unbounded",
    };
    expect(as_asked, format!("Ready is {ready} and Complete {complete}: {}", status["display"]["message"]));

    let deployment = child(&found.deployments, session, &format!("{name}-server"));
    let replicas = deployment.map(|deployment| &deployment["spec"]["replicas"]);
    expect(
        replicas.is_some_and(|replicas| *replicas == i32::from(runs)),
        format!("the server's replicas are {replicas:?}"),
    );
    let arguments =
        deployment.map(|found| found["spec"]["template"]["spec"]["containers"][0]["args"].to_string());
    let bitrate = format!("\"--bitrate-kbps\",\"{}\"", spec["video"]["bitrateKbps"]);
    expect(arguments.is_some_and(|arguments| arguments.contains(&bitrate)), "its bitrate is another".into());
    for part in ["server", "workload", "report-ca"] {
        let part = format!("{name}-{part}");
        expect(child(&found.others, session, &part).is_some(), format!("there is no {part}"));
    }

    let uid = text(&session["metadata"]["uid"]);
    let live = || found.pods.iter().filter(|pod| pod.is_live() && pod.session == name);
    let clients = live().filter(|pod| pod.session_uid.as_ref() == Some(&uid));
    let mut indexes: Vec<_> = clients.clone().filter_map(|pod| pod.index).collect();
    indexes.sort_unstable();
    let wanted = if runs { spec["clients"].as_u64().unwrap_or(1) } else { 0 };
    expect(
        indexes.iter().map(|index| u64::from(*index)).eq(0..wanted),
        format!("its clients are {indexes:?}"),
    );
    let attempts = text(&status["run"]["attempts"]);
    for pod in clients {
        let stored = pod.index.and_then(|index| attempt_of(&attempts, index));
        expect(
            stored == pod.attempt,
            format!("{} is attempt {:?}, and stored are {attempts}", pod.name, pod.attempt),
        );
    }

    let servers: Vec<_> = live().filter(|pod| pod.is_server() && pod.phase == Phase::Ready).collect();
    expect(servers.len() == usize::from(runs), format!("it has {} servers", servers.len()));
    if runs && let [server] = servers[..] {
        let matched = status["measurements"]["frames"]["matched"].as_u64();
        let posted = posted(&server.uid);
        expect(
            posted.is_some() && matched == posted,
            format!("its numbers are {matched:?}, posted were {posted:?}"),
        );
    }
    wrong
}

fn child<'a>(children: &'a [Value], session: &Value, name: &str) -> Option<&'a Value> {
    let is_it = |child: &&Value| {
        child["metadata"]["name"] == name
            && child["metadata"]["ownerReferences"][0]["uid"] == session["metadata"]["uid"]
    };
    children.iter().find(is_it)
}

/// Of attempts such as 0-3:1,4:2.
fn attempt_of(attempts: &str, index: u32) -> Option<u32> {
    attempts.split(',').find_map(|run| {
        let (indexes, attempt) = run.split_once(':')?;
        let (first, last) = indexes.split_once('-').unwrap_or((indexes, indexes));
        let range = first.parse().ok()?..=last.parse().ok()?;
        range.contains(&index).then(|| attempt.parse().ok())?
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::spec;

    /// A session with one client that works, with its children.
    fn found() -> (Model, Found) {
        let mut model = Model::default();
        model.create("pier", &spec(1, false));
        let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason});
        let session = json!({"metadata": {"name": "pier", "uid": "5e8d", "generation": 3}, "status": {
            "observedGeneration": 3, "run": {"attempts": "0-1:4"}, "measurements": {"frames": {"matched": 70}},
            "conditions": [condition("Ready", "True", "Ready"), condition("Complete", "False", "Unbounded")]
        }});
        let child = |name: &str| json!({"kind": "Service", "metadata": {"name": name, "ownerReferences": [{"uid": "5e8d"}]}});
        let mut deployment = child("pier-server");
        deployment["spec"] = json!({"replicas": 1, "template": {"spec": {"containers": [{"args": ["--bitrate-kbps", "1000"]}]}}});
        let pod = |name: &str, index: Option<u32>| SessionPod {
            name: name.into(),
            uid: format!("{name}-uid"),
            session: "pier".into(),
            index,
            session_uid: index.map(|_| "5e8d".into()),
            attempt: index.map(|_| 4),
            phase: Phase::Ready,
            is_leaving: false,
        };
        let others = vec![child("pier-server"), child("pier-workload"), child("pier-report-ca")];
        let pods = vec![pod("s", None), pod("c", Some(0))];
        (model, Found { sessions: vec![session], deployments: vec![deployment], others, pods })
    }

    fn wrong(change: impl FnOnce(&mut Model, &mut Found)) -> String {
        let (mut model, mut found) = found();
        change(&mut model, &mut found);
        disagreements(&model, &found, |uid| (uid == "s-uid").then_some(70)).join("; ")
    }

    #[test]
    fn whatever_is_not_as_asked_is_named() {
        assert_eq!(wrong(|_, _| ()), "");
        assert_eq!(
            wrong(|model, _| model.change("pier", &json!({"clients": 2}))),
            "pier: its clients are [0]"
        );
        assert_eq!(
            wrong(|model, _| model.change("pier", &json!({"video": {"bitrateKbps": 900}}))),
            "pier: its bitrate is another"
        );
        assert!(wrong(|model, _| model.delete("pier")).starts_with("sessions [\"pier\"]"));
        assert!(
            wrong(|_, found| found.pods[1].session_uid = Some("gone".into()))
                .starts_with("pod c has no session")
        );
        assert!(
            wrong(|_, found| found.pods[1].attempt = Some(3))
                .contains("c is attempt Some(3), and stored are 0-1:4")
        );
        assert_eq!(wrong(|_, found| drop(found.others.remove(1))), "pier: there is no pier-workload");
        assert!(
            wrong(|_, found| found.sessions[0]["status"]["measurements"] = json!({}))
                .contains("its numbers are None")
        );
        assert!(
            wrong(|model, _| model.change("pier", &json!({"suspend": true}))).contains("Ready is True/Ready")
        );
        assert!(
            wrong(|_, found| found.sessions[0]["metadata"]["generation"] = json!(4))
                .contains("generation 3 is observed")
        );
    }
}
