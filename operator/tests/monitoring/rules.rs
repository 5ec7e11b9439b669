//! Every series, label and value that a rule names is exported.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::exposed::{self, Series};
use crate::objects;
use crate::promql::{Named, named};
use crate::scraping;

/// The rules of all groups.
fn rules() -> Vec<Value> {
    let [object] = objects("monitoring/rules.yaml").try_into().unwrap();
    let groups = object["spec"]["groups"].as_array().unwrap().clone();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

/// A series of the programs, and the labels it has once it is scraped.
fn known(name: &str, operator: &Series, server: &Series) -> Option<(Series, BTreeSet<String>)> {
    let (series, monitor) =
        if operator.contains_key(name) { (operator, "operator-pods") } else { (server, "session-pods") };
    let exported = series.get(name)?;
    let mut labels: BTreeSet<_> = exported.keys().cloned().collect();
    labels.extend(scraping::labels(monitor));
    Some(([(name.to_owned(), exported.clone())].into(), labels))
}

/// What is wrong with an expression; nothing if all is right.
fn complaints(expression: &str, operator: &Series, server: &Series) -> Vec<String> {
    let Named { series, labels: grouped } = named(expression);
    let mut complaints = Vec::new();
    if series.is_empty() {
        complaints.push("it names no series".to_owned());
    }
    for (name, matchers) in series {
        let Some((exported, labels)) = known(&name, operator, server) else {
            complaints.push(format!("nobody exports {name}"));
            continue;
        };
        for label in grouped.iter().chain(matchers.iter().map(|(label, ..)| label)) {
            if !labels.contains(label) {
                complaints.push(format!("{name} has no label {label}"));
            }
        }
        for (label, _, value) in &matchers {
            let values = exported[&name].get(label);
            for value in
                value.split('|').filter(|value| !values.is_some_and(|values| values.contains(*value)))
            {
                complaints.push(format!("{name} never has {label}={value}"));
            }
        }
    }
    complaints
}

#[test]
fn what_rules_name_is_exported() {
    let operator = exposed::series(&exposed::operator());
    let (server, _) = exposed::server_and_client();
    let server = exposed::series(&server);
    let rules = rules();
    assert!(rules.len() >= 10, "{rules:?}");
    for rule in &rules {
        let expression = rule["expr"].as_str().unwrap();
        assert_eq!(complaints(expression, &operator, &server), [""; 0], "in {expression}");
    }

    // It does not find everything right.
    for (expression, complaint) in [
        ("ballsession_operator_sessoins > 0", "nobody exports ballsession_operator_sessoins"),
        (
            "sum by (session) (ballsession_operator_sessions)",
            "ballsession_operator_sessions has no label session",
        ),
        ("ballsession_frames_total{fate=\"eaten\"}", "ballsession_frames_total never has fate=eaten"),
        ("up == 0", "it names no series"),
    ] {
        assert_eq!(complaints(expression, &operator, &server), [complaint]);
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
    }
}
