//! Sessions as they may be stored: by an older schema, or by hand around any.

use crds::BallSession;
use operator::session::validate;
use serde_json::{Value, json};

/// A spec, as JSON or as YAML. What is taken means the same however it is written.
pub(crate) fn sessions(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let read = serde_json::from_str(text).ok().or_else(|| serde_saphyr::from_str::<Value>(text).ok());
    let Some(spec) = read else { return };
    let object = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "0b5f"}, "spec": spec
    });
    let Ok(stored) = serde_json::from_value::<BallSession>(object) else { return };
    match validate(&stored) {
        Ok(session) => {
            let written = serde_json::to_value(&stored).expect("plain values");
            let again: BallSession = serde_json::from_value(written).expect("what is written can be read");
            let again = validate(&again).expect("it makes sense as before");
            assert_eq!(
                (&again.run_hash, again.duration, again.window),
                (&session.run_hash, session.duration, session.window)
            );
            assert!(session.server_name().len() <= 63 && session.client_name().len() <= 63);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
