//! As much of PromQL as it takes to see which series and labels an expression names.

use std::collections::BTreeSet;

/// What a label must be: the label, an operator, a value.
type Matcher = (String, String, String);

/// What an expression names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Named {
    /// The series, with what their labels must be.
    pub(crate) series: Vec<(String, Vec<Matcher>)>,
    /// The labels that it groups or joins by.
    pub(crate) labels: BTreeSet<String>,
}

/// Words that labels in parentheses follow.
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// What `expression` names. Every metric of ours begins with `ballsession_`, what is recorded of them has that behind its level and a
/// colon, and everything else is PromQL's.
pub(crate) fn named(expression: &str) -> Named {
    let tokens = tokens(expression);
    let mut named = Named::default();
    let mut rest = tokens.as_slice();
    while let [token, after @ ..] = rest {
        rest = after;
        if GROUPING.contains(&token.as_str()) && after.first().is_some_and(|next| next == "(") {
            let labels = after.iter().skip(1).take_while(|token| *token != ")");
            named.labels.extend(labels.filter(|token| *token != ",").cloned());
        } else if token.starts_with("ballsession_") || token.contains(":ballsession_") {
            let matchers = match after {
                [open, inside @ ..] if open == "{" => matchers(inside),
                _ => Vec::new(),
            };
            named.series.push((token.clone(), matchers));
        }
    }
    named
}

/// What is between braces.
fn matchers(tokens: &[String]) -> Vec<Matcher> {
    let inside: Vec<_> = tokens.iter().take_while(|token| *token != "}").collect();
    let each = inside.split(|token| *token == ",").filter(|matcher| !matcher.is_empty());
    each.map(|matcher| {
        let [label, operator, value] = matcher else { panic!("no matcher: {matcher:?}") };
        ((*label).clone(), (*operator).clone(), value.trim_matches(['"', '\'']).to_owned())
    })
    .collect()
}

/// Words, strings with their quotes, and runs of operators; brackets and commas one by one.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_ascii_alphanumeric() || "_:.".contains(character);
        let length = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '(' | ')' | '{' | '}' | '[' | ']' | ',' => 1,
            _ if is_word(first) => rest.find(|next| !is_word(next)).unwrap_or(rest.len()),
            _ => rest
                .find(|next: char| is_word(next) || next.is_whitespace() || "\"'(){}[],".contains(next))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    tokens
}

#[test]
fn series_matchers_and_labels_are_found() {
    let found = named(
        r#"sum by (pod, le) (rate(ballsession_a_total{fate=~"x|y, z", pod!='o'}[5m])) > 0.5
           and on (pod) ballsession_b unless on () pod:ballsession_c:max == 1"#,
    );
    let text = |text: &str| text.to_owned();
    assert_eq!(
        found,
        Named {
            series: vec![
                (
                    text("ballsession_a_total"),
                    vec![(text("fate"), text("=~"), text("x|y, z")), (text("pod"), text("!="), text("o"))]
                ),
                (text("ballsession_b"), vec![]),
                (text("pod:ballsession_c:max"), vec![]),
            ],
            labels: [text("pod"), text("le")].into(),
        }
    );
}
