//! Every series, label and value that a rule names is exported.

use serde_json::Value;

use crate::known::Known;
use crate::rules;

#[test]
fn what_rules_name_is_exported() {
    let known = Known::of_running_programs();
    let rules = rules();
    assert!(rules.len() >= 10, "{rules:?}");
    for rule in &rules {
        let expression = rule["expr"].as_str().unwrap();
        assert_eq!(known.complaints(expression), [""; 0], "in {expression}");
    }

    // It does not find everything right.
    for (expression, complaint) in [
        ("ballsession_operator_sessoins > 0", "nobody exports ballsession_operator_sessoins"),
        (
            "sum by (session) (ballsession_operator_sessions)",
            "ballsession_operator_sessions has no label session",
        ),
        ("ballsession_frames_total{fate=\"eaten\"}", "ballsession_frames_total never has fate=eaten"),
        (
            "ballsession_frames_total{component=\"servers\"}",
            "ballsession_frames_total never has component=servers",
        ),
        (
            "ballsession_operator_session_ready_reason{reason=\"PathLeft\"}",
            "ballsession_operator_session_ready_reason never has reason=PathLeft",
        ),
        ("up == 0", "it names no series"),
    ] {
        assert_eq!(known.complaints(expression), [complaint]);
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_what_to_run() {
    for alert in rules().iter().filter(|rule| rule["alert"].is_string()) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let severity = text(&alert["labels"]["severity"]);
        assert!(["info", "warning", "critical"].contains(&severity.as_str()), "{alert}");
        assert!(text(&alert["for"]).ends_with(['m', 'h']), "{alert}");
        assert!(text(&alert["annotations"]["summary"]).ends_with('.'), "{alert}");
        assert!(text(&alert["annotations"]["description"]).contains("kubectl "), "{alert}");
        let runbook = format!("docs/runbooks/{}.md", text(&alert["alert"]));
        assert_eq!(text(&alert["annotations"]["runbook"]), runbook);
    }
}
