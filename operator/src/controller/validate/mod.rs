//! A session that makes sense, out of an object that may have been stored under an older schema, or by hand around
//! it.

mod values;

use std::time::Duration;

use crds::contract::COMPLETE;
use crds::{BallSession, BallSessionSpec, limits};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;

use crate::controller::hash::short_hash;
use crate::controller::labels::Component;

/// A session whose values were all looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its name; with `-server` and the like behind it, that of its children.
    pub name: String,
    /// Where it and its children are.
    pub namespace: String,
    /// Makes a child go with it.
    pub owner: OwnerReference,
    /// What is asked for; all numbers are within their ranges.
    pub spec: BallSessionSpec,
    /// The length of a bounded run.
    pub duration: Option<Duration>,
    /// What counts as good.
    pub objectives: measure::Objectives,
    /// Names what is measured: a session with another one is another run.
    pub run_hash: String,
    /// What the run needs now.
    pub stage: RunStage,
}

/// What a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStage {
    /// Pods.
    Active,
    /// No pods for now.
    Suspended,
    /// Nothing more: it is complete.
    Finished,
}

/// Why there is no session to run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not from an API server: without it a child would never be cleaned up.
    #[error("the object has no metadata.{0}; was it read from an API server?")]
    Incomplete(&'static str),
    /// A name that does not fit into those of the children.
    #[error(
        "metadata.name is {0:?}: it must be at most {max} characters of a-z, 0-9 and '-', start with a letter and end with a \
         letter or digit; delete the session and create it under another name",
        max = limits::MAX_NAME
    )]
    Name(String),
    /// A value that is not allowed.
    #[error("{field} is {value}: it must be {allowed}")]
    Value {
        /// Its path in the object.
        field: &'static str,
        /// As it is stored.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// A ball without room to move.
    #[error(
        "spec.ball.radiusPixels is {radius}, too large for a picture of {width}x{height}: 2 * radiusPixels + {margin} must be \
         at most width and height",
        margin = limits::BALL_MARGIN_PIXELS
    )]
    BallTooLarge {
        /// The ball's, in pixels.
        radius: i32,
        /// The picture's, in pixels.
        width: i32,
        /// The picture's, in pixels.
        height: i32,
    },
}

impl Session {
    /// The name of the server's objects, and by which clients find it.
    pub fn server_name(&self) -> String {
        self.child_name(Component::Server)
    }

    /// The name of the clients' objects; a client's own is `<this>-<index>`.
    pub fn client_name(&self) -> String {
        self.child_name(Component::Client)
    }

    /// The name of the children of a part.
    pub fn child_name(&self, component: Component) -> String {
        format!("{}-{}", self.name, component.as_str())
    }
}

/// Looks at every value of a stored session.
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
    let objectives = values::objectives(&spec.objectives)?;

    let run_hash = short_hash(&(spec.video, spec.ball, duration.map(|duration| duration.as_millis())));
    let stage = if is_finished(stored, &run_hash) {
        RunStage::Finished
    } else if spec.suspend {
        RunStage::Suspended
    } else {
        RunStage::Active
    };
    Ok(Session { name, namespace, owner, spec, duration, objectives, run_hash, stage })
}

fn is_session_name(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= limits::MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().last().is_some_and(alphanumeric)
        && name.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
}

/// Whether the run is over that the session asks for. Its Job may be gone, so only status can tell.
fn is_finished(stored: &BallSession, run_hash: &str) -> bool {
    stored.status.as_ref().is_some_and(|status| {
        let complete = |condition: &_| {
            let condition: &k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition = condition;
            condition.type_ == COMPLETE && condition.status == "True"
        };
        status.run.as_ref().is_some_and(|run| run.hash == run_hash) && status.conditions.iter().any(complete)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

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
            "error-p95=1,latency-p95=200ms,loss=1,freeze=1s,setup-p95=5s,frames=300".parse().unwrap()
        );
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
                json!({"objectives": {"window": ""}}),
                "spec.objectives.window is \"\": it must be a duration from 5s to 1h",
            ),
            (
                json!({"objectives": {"lossPercent": "abc"}}),
                "spec.objectives.lossPercent is \"abc\": it must be a number from 0 to 100",
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
