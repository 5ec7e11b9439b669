//! Whether an operator runs the sessions of the namespace: one may watch another namespace alone.

use k8s_openapi::api::apps::v1::Deployment;

use crate::doctor::check::{Check, Read};
use crate::doctor::operator::{container, name};

const SUBJECT: &str = "watched";
/// How an operator is told which namespace it watches, `all` or nothing being all of them.
const VARIABLE: &str = "BALLSESSION_WATCH_NAMESPACE";
const FLAG: &str = "--watch-namespace";

/// A line where there are operators.
pub(crate) fn watched(deployments: &Read<Vec<Deployment>>, namespace: &str) -> Option<Check> {
    let deployments = deployments.as_ref().ok().filter(|deployments| !deployments.is_empty())?;
    let of = |deployment| match scope(deployment) {
        Scope::All => None,
        Scope::One(watched) if watched == namespace => None,
        Scope::One(watched) => Some(format!("{} watches namespace {watched} alone", name(deployment))),
    };
    let elsewhere: Vec<String> = deployments.iter().filter_map(of).collect();
    Some(if elsewhere.len() < deployments.len() {
        Check::ok(SUBJECT, format!("sessions of namespace {namespace} have an operator"))
    } else {
        let advice = "sessions have to be in a namespace that is watched, or it needs an operator of its own";
        Check::fail(
            SUBJECT,
            format!("nobody watches namespace {namespace}: {}", elsewhere.join(", ")),
            advice,
        )
    })
}

enum Scope {
    All,
    One(String),
}

/// A flag counts more than a variable, and the last one of each more than those before.
fn scope(deployment: &Deployment) -> Scope {
    let Some(container) = container(deployment) else { return Scope::All };
    let arguments: Vec<&str> =
        container.command.iter().chain(&container.args).flatten().map(String::as_str).collect();
    let flag =
        arguments.iter().enumerate().rev().find_map(|(at, argument)| match argument.strip_prefix(FLAG)? {
            "" => arguments.get(at + 1).copied(),
            value => value.strip_prefix('='),
        });
    let variable = container.env.iter().flatten().rfind(|variable| variable.name == VARIABLE);
    // One that is taken from elsewhere says nothing here.
    let variable = variable.and_then(|variable| variable.value.as_deref());
    match flag.or(variable) {
        None | Some("" | "all") => Scope::All,
        Some(name) => Scope::One(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Level;

    fn operator(args: &Value, env: &Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"name": "ballsession-operator", "namespace": "tower"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [
                {"name": "operator", "args": args, "env": env}
            ]}}}
        }))
        .unwrap()
    }

    #[test]
    fn an_operator_that_watches_another_namespace_is_none() {
        let variable = |value: &str| json!([{"name": "BALLSESSION_WATCH_NAMESPACE", "value": value}]);
        for (args, env, level) in [
            (json!([]), json!([]), Level::Ok),
            (json!([]), variable("all"), Level::Ok),
            (json!([]), variable("docks"), Level::Ok),
            (json!([]), variable("media"), Level::Fail),
            (json!(["--watch-namespace=docks"]), variable("media"), Level::Ok),
            (json!(["--watch-namespace", "media", "--x"]), json!([]), Level::Fail),
            (json!(["--watch-namespaces=media"]), json!([]), Level::Ok),
        ] {
            let check = watched(&Ok(vec![operator(&args, &env)]), "docks").unwrap();
            assert_eq!(check.level, level, "{args} {env}");
        }
    }

    #[test]
    fn one_of_several_is_enough_and_where_there_is_none_something_else_says_so() {
        let elsewhere = || operator(&json!(["--watch-namespace=media"]), &json!([]));
        let check = watched(&Ok(vec![elsewhere()]), "docks").unwrap();
        assert!(
            check.finding.starts_with(
                "nobody watches namespace docks: tower/ballsession-operator watches namespace media alone: "
            ),
            "{}",
            check.finding
        );
        let both = watched(&Ok(vec![elsewhere(), operator(&json!([]), &json!([]))]), "docks").unwrap();
        assert_eq!(both.level, Level::Ok);
        assert_eq!(watched(&Ok(Vec::new()), "docks"), None);
        assert_eq!(watched(&Err("forbidden".into()), "docks"), None);
    }
}
