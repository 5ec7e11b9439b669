//! A session unlike any default, so that a label, port or name in the wrong place shows.

use serde_json::{Value, json};

use crate::session::{Session, validate};

/// `harbor` in `lighthouse`, with what `spec` asks for.
pub(crate) fn session(spec: &Value) -> Session {
    let stored = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "5e8d2c1a-uid"}, "spec": spec
    });
    validate(&serde_json::from_value(stored).unwrap()).unwrap()
}
