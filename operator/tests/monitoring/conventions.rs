//! What all programs export keeps to the conventions of Prometheus.

use std::collections::BTreeSet;

use crate::exposed;

/// Units that are written as a multiple of another one.
const DERIVED_UNITS: [&str; 5] = ["milliseconds", "microseconds", "minutes", "percent", "kilobytes"];

fn check(program: &str, text: &str) {
    assert!(text.ends_with("# EOF\n"), "{program}: {text}");
    let mut described = BTreeSet::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            assert!(name.starts_with("ballsession_"), "{program}: {line}");
            assert!(
                name.chars().all(|character| character.is_ascii_lowercase() || character == '_'),
                "{line}"
            );
            assert!(!name.ends_with("_total"), "{program}: the ending is that of its series: {line}");
            assert!(DERIVED_UNITS.iter().all(|unit| !name.contains(unit)), "{program}: {line}");
            assert!(help.ends_with('.') && !help.ends_with(".."), "{program}: {line}");
            assert!(described.insert(name.to_owned()), "{program}: twice: {line}");
        }
    }
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            "gauge" => &[""],
            _ => panic!("{program}: {line}"),
        };
        let mine: BTreeSet<_> = exposed::series(text)
            .into_keys()
            .filter_map(|series| series.strip_prefix(name).map(str::to_owned))
            .filter(|ending| ending.is_empty() || endings.contains(&ending.as_str()))
            .collect();
        // A family without a member yet has none.
        assert!(mine.is_empty() || mine.iter().eq(endings.iter()), "{program}: {line}: {mine:?}");
    }
    for (series, labels) in &exposed::series(text) {
        assert!(described.iter().any(|name| series.starts_with(name)), "{program}: {series}");
        // That label is for summaries, of which there are none.
        assert!(!labels.contains_key("quantile"), "{program}: {series}");
    }
}

#[test]
fn names_units_and_help_keep_to_the_conventions() {
    let (server, client) = exposed::server_and_client();
    check("server", &server);
    check("client", &client);
    check("operator", &exposed::operator());
}
