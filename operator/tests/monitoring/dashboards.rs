//! Grafana's dashboards: each query names what is exported, and each file is one that is applied.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::known::Known;
use crate::{objects, path};

/// All dashboards, by the names of their files.
fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(path("monitoring/dashboards")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// The panels that show something.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn what_dashboards_ask_for_is_exported() {
    let known = Known::of_running_programs();
    let mut queries = 0;
    for (file, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                let expression = text(&target["expr"]);
                assert_eq!(known.complaints(expression), [""; 0], "{file}: {}: {expression}", panel["title"]);
                queries += 1;
            }
        }
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            if variable["type"] == "query" {
                let query = text(&variable["query"]["query"]);
                assert_eq!(known.complaints(query), [""; 0], "{file}: {}: {query}", variable["name"]);
            }
        }
    }
    assert!(queries > 50, "{queries}");
}

#[test]
fn legends_show_labels_that_their_queries_leave() {
    let recorded = ["namespace", "session"];
    for (file, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                let (expression, legend) = (text(&target["expr"]), text(&target["legendFormat"]));
                let shown = legend.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0);
                for label in shown {
                    // `by` leaves what it names, and a series without it has all of its own.
                    let is_left = match expression.split_once("by (") {
                        Some((_, rest)) => rest.split(')').next().unwrap().split(", ").any(|by| by == label),
                        None if expression.contains(":ballsession_") => recorded.contains(&label),
                        None => !expression.contains("sum(") && !expression.contains("max("),
                    };
                    assert!(is_left, "{file}: {}: {legend} of {expression}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn every_dashboard_is_applied_and_leads_to_those_that_are_there() {
    let [kustomization] = objects("monitoring/kustomization.yaml").try_into().unwrap();
    let generated = kustomization["configMapGenerator"].as_array().unwrap();
    let applied: BTreeSet<_> = generated
        .iter()
        .flat_map(|map| map["files"].as_array().unwrap())
        .map(|file| text(file).strip_prefix("dashboards/").unwrap().to_owned())
        .collect();
    let all = dashboards();
    assert_eq!(applied, all.iter().map(|(file, _)| file.clone()).collect());
    assert_eq!(kustomization["generatorOptions"]["labels"]["grafana_dashboard"], "1");

    let uids: BTreeSet<_> = all.iter().map(|(_, dashboard)| text(&dashboard["uid"])).collect();
    assert_eq!(uids.len(), all.len());
    for (file, dashboard) in &all {
        let mut ids = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{file}: {} has another one's id",
                panel["title"]
            );
        }
        for panel in panels(dashboard) {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{file}: {}", panel["title"]);
        }
        let written = dashboard.to_string();
        for link in written.split("\"/d/").skip(1) {
            let uid = link.split(['?', '"']).next().unwrap();
            assert!(uids.contains(uid), "{file} leads to {uid}");
        }
    }
}
