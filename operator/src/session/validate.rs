//! A session that makes sense, out of an object that may have been stored under an older schema, or by hand around
//! it.

use crds::{BallSession, limits};
use kube::Resource;

use crate::run::{self, Drilled, WantedClients};
use crate::session::error::Error;
use crate::session::measured;
use crate::session::model::Session;
use crate::session::names::is_session_name;
use crate::session::values;

/// Validates every value of a stored session.
///
/// # Errors
/// Where one is not allowed: the first of them, in words for the session's owner.
pub fn validate(stored: &BallSession) -> Result<Session, Error> {
    let metadata = &stored.metadata;
    let name = metadata.name.clone().ok_or(Error::Incomplete("name"))?;
    let namespace = metadata.namespace.clone().ok_or(Error::Incomplete("namespace"))?;
    let owner = stored.controller_owner_ref(&()).ok_or(Error::Incomplete("uid"))?;
    if !is_session_name(&name) {
        return Err(Error::Name(name));
    }

    let spec = stored.spec.clone();
    values::whole_numbers(&spec)?;
    if !spec.ball.fits(&spec.video) {
        let (radius, width, height) = (spec.ball.radius_pixels, spec.video.width, spec.video.height);
        return Err(Error::BallTooLarge { radius, width, height });
    }
    let duration = spec
        .duration
        .as_deref()
        .map(|text| values::time("spec.duration", text, limits::DURATION))
        .transpose()?;
    let start_deadline = values::time("spec.startDeadline", &spec.start_deadline, limits::START_DEADLINE)?;
    let ttl = spec.ttl_after_finished.as_deref();
    let ttl_after_finished = ttl
        .map(|text| values::time("spec.ttlAfterFinished", text, limits::TTL_AFTER_FINISHED))
        .transpose()?;
    let drill = values::drill(spec.drill.as_ref(), duration)?;
    values::run_name(spec.run.as_deref().unwrap_or_default())?;
    values::annotations("spec.server.podAnnotations", &spec.server.pod_annotations)?;
    values::annotations("spec.client.podAnnotations", &spec.client.pod.pod_annotations)?;
    values::variables("spec.server.env", &spec.server.env)?;
    values::variables("spec.client.env", &spec.client.pod.env)?;
    let relay = values::relay(&spec)?;
    let window = values::window(&spec.objectives)?;
    let objectives = values::objectives(&spec.objectives)?;

    let run_hash = measured::run_hash(&spec, duration, drill.as_ref());
    let (run_name, measured) = (measured::run_name(&spec).map(str::to_owned), measured::in_words(&spec));
    let clients = WantedClients::of(&spec, stored.status.as_ref());
    let stored_run = stored.status.as_ref().and_then(|status| run::stored_run(status, &run_hash));
    let drilled = stored_run.filter(|_| drill.is_some()).and_then(Drilled::of);
    let stage = run::stage(stored.status.as_ref(), &run_hash, spec.suspend);
    Ok(Session {
        name,
        namespace,
        owner,
        spec,
        clients,
        duration,
        start_deadline,
        ttl_after_finished,
        window,
        objectives,
        run_hash,
        run_name,
        measured,
        stage,
        relay,
        drill,
        drilled,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::run::RunStage;

    fn stored(name: &str, spec: &Value, status: &Value) -> BallSession {
        serde_json::from_value(json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
            "metadata": {"name": name, "namespace": "lighthouse", "uid": "0b5f"}, "spec": spec, "status": status
        }))
        .unwrap()
    }

    fn with(spec: &Value) -> Result<Session, Error> {
        validate(&stored("harbor", spec, &json!({})))
    }

    #[test]
    fn defaults_make_sense() {
        let session = with(&json!({})).unwrap();
        assert_eq!((session.duration, session.stage), (None, RunStage::Active));
        assert_eq!(
            session.objectives,
            "error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,frames=300"
                .parse()
                .unwrap()
        );
        assert_eq!(session.window, Duration::from_secs(60));
        assert_eq!(
            (session.server_name(), session.client_name()),
            ("harbor-server".into(), "harbor-client".into())
        );
        assert_eq!((session.owner.kind.as_str(), session.owner.uid.as_str()), ("BallSession", "0b5f"));
        assert_eq!(session.owner.controller, Some(true));
    }

    #[test]
    fn values_from_before_a_rule_are_refused_with_place_and_range() {
        for (spec, message) in [
            (json!({"clients": 101}), "spec.clients is 101: it must be a whole number from 0 to 100"),
            (
                json!({"video": {"width": 641}}),
                "spec.video.width is 641: it must be an even number from 64 to 1920",
            ),
            (
                json!({"video": {"height": -2}}),
                "spec.video.height is -2: it must be an even number from 64 to 1080",
            ),
            (
                json!({"ball": {"radiusPixels": i32::MAX}}),
                "spec.ball.radiusPixels is 2147483647: it must be a whole number",
            ),
            (
                json!({"ball": {"radiusPixels": 100}, "video": {"height": 200}}),
                "spec.ball.radiusPixels is 100, too large for a picture of 640x200: 2 * radiusPixels + 8 must be at most",
            ),
            (json!({"duration": "soon"}), "spec.duration is \"soon\": it must be a duration from 5s to 168h"),
            (json!({"duration": "4s"}), "spec.duration is \"4s\": it must be a duration from 5s to 168h"),
            (
                json!({"startDeadline": "9s"}),
                "spec.startDeadline is \"9s\": it must be a duration from 10s to 168h",
            ),
            (
                json!({"ttlAfterFinished": "0s"}),
                "spec.ttlAfterFinished is \"0s\": it must be a duration from 1s to 8760h",
            ),
            (
                json!({"run": "-a"}),
                "spec.run is \"-a\": it must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
            ),
            (
                json!({"drill": {"after": "4s"}}),
                "spec.drill.after is \"4s\": it must be a duration from 5s to 24h",
            ),
            (
                json!({"drill": {"after": "60s"}, "duration": "1m"}),
                "spec.drill.after is \"60s\": it must be a duration shorter than spec.duration, 1m",
            ),
            (
                json!({"objectives": {"recovery": "1ms"}}),
                "spec.objectives.recovery is \"1ms\": it must be a duration from 10ms to 1h",
            ),
            (
                json!({"objectives": {"window": ""}}),
                "spec.objectives.window is \"\": it must be a duration from 5s to 1h",
            ),
            (
                json!({"objectives": {"lossPercent": "abc"}}),
                "spec.objectives.lossPercent is \"abc\": it must be a number from 0 to 100",
            ),
            (
                json!({"objectives": {"undetectedPercent": "1%"}}),
                "spec.objectives.undetectedPercent is \"1%\": it must be a number from 0 to 100",
            ),
            (
                json!({"objectives": {"deliveredPercent": "101"}}),
                "spec.objectives.deliveredPercent is \"101\": it must be a number from 0 to 100",
            ),
            (
                json!({"server": {"env": [{"name": "BALLSESSION_NODE", "value": "n"}]}}),
                "spec.server.env is \"BALLSESSION_NODE\": it must be a name that does not begin with BALLSESSION_",
            ),
            (
                json!({"client": {"podAnnotations": {"team": "a", "ballsession.dev/run": "b"}}}),
                "spec.client.podAnnotations is \"ballsession.dev/run\": it must be a name that does not begin with ballsession.dev/",
            ),
            (
                json!({"path": "Relay"}),
                "spec.relay is missing: it must be set with spec.path Relay, and with no other",
            ),
            (
                json!({"path": "ClusterIP", "relay": {"uri": "turn:a", "secretName": "a"}}),
                "spec.relay is set: it must be set with spec.path Relay, and with no other",
            ),
            (
                json!({"path": "Relay", "relay": {"uri": "turns:a", "secretName": "a"}}),
                "spec.relay.uri is \"turns:a\": it must be written as turn:relay.example.org:3478",
            ),
            (
                json!({"path": "Relay", "relay": {"uri": "turn:a", "secretName": "A"}}),
                "spec.relay.secretName is \"A\": it must be the name of a Secret",
            ),
            (
                json!({"objectives": {"minimumFrames": 0}}),
                "spec.objectives.minimumFrames is 0: it must be a whole number",
            ),
        ] {
            let error = with(&spec).expect_err(&spec.to_string()).to_string();
            assert!(error.starts_with(message), "{spec}: {error}");
        }
    }

    /// O10: what was measured keeps its name whatever is asked of the numbers, and whatever fields a later version adds.
    #[test]
    fn objectives_are_no_part_of_what_a_run_is_named_by() {
        let run = |spec: &Value| with(spec).unwrap().run_hash;
        assert_eq!(run(&json!({})), "364f6ba1939bfb64");
        assert_eq!(
            run(&json!({"duration": "5m", "video": {"width": 320}, "ball": {"radiusPixels": 11}})),
            "2bf3bbdc3bf69b38"
        );
        let objectives =
            json!({"window": "5s", "undetectedPercent": "2", "deliveredPercent": "50", "minimumFrames": 9});
        assert_eq!(run(&json!({"objectives": objectives})), run(&json!({})));
    }

    #[test]
    fn names_that_do_not_fit_and_objects_from_nowhere_are_refused() {
        let spec = json!({});
        for name in ["1demo", "a.b", "Demo", "demo-", "", &"n".repeat(41)] {
            assert_eq!(validate(&stored(name, &spec, &json!({}))), Err(Error::Name(name.into())));
        }
        let mut no_uid = stored("harbor", &spec, &json!({}));
        no_uid.metadata.uid = None;
        assert_eq!(validate(&no_uid), Err(Error::Incomplete("uid")));
    }

    #[test]
    fn a_finished_run_stays_finished_until_what_is_measured_changes() {
        let spec = json!({"duration": "5m"});
        let hash = with(&spec).unwrap().run_hash;
        let condition = |status: &str| {
            json!([{"type": "Complete", "status": status, "reason": "Tested", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"}])
        };
        let finished = json!({"run": {"hash": hash}, "conditions": condition("True")});
        let stage = |spec: &Value, status: &Value| validate(&stored("harbor", spec, status)).unwrap().stage;

        assert_eq!(stage(&spec, &finished), RunStage::Finished);
        assert_eq!(
            stage(&json!({"duration": "300s", "clients": 9, "suspend": true}), &finished),
            RunStage::Finished
        );
        assert_eq!(stage(&json!({"duration": "6m"}), &finished), RunStage::Active);
        assert_eq!(
            stage(&json!({"duration": "5m", "ball": {"radiusPixels": 21}}), &finished),
            RunStage::Active
        );
        assert_eq!(
            stage(&spec, &json!({"run": {"hash": hash}, "conditions": condition("False")})),
            RunStage::Active
        );
        assert_eq!(stage(&json!({"suspend": true}), &json!({})), RunStage::Suspended);
    }
}
