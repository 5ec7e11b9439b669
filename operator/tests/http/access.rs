//! Who sees what, by tokens and roles of a real API server.

use std::net::Ipv4Addr;
use std::time::Instant;

use ballsession_operator::http::HttpAccess;
use serde_json::{Value, json};

use crate::requests::{Answer, get, get_from};
use crate::world::{Operator, World, eventually};

/// The namespaces of the sessions in an answer, as far as they are of this test.
fn namespaces(world: &World, answer: &Answer) -> Vec<String> {
    let status = answer.json();
    let all = status["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["namespace"].as_str().unwrap().to_owned());
    all.filter(|name| [&world.namespace.name, &world.other.name].contains(&name)).collect()
}

#[tokio::test]
async fn who_asks_sees_what_his_roles_let_him_see() {
    let Some(client) = cluster::client("who_asks_sees_what_his_roles_let_him_see").await else { return };
    let world = World::create(&client).await;
    let accounts = &world.accounts;
    let (nobody, keeper, admin) =
        (accounts.create("nobody").await, accounts.create("keeper").await, accounts.create("admin").await);
    accounts.grant_in(&world.namespace.name, "keeper", "list").await;
    let all = json!([{"apiGroups": ["ballsession.dev"], "resources": ["ballsessions"], "verbs": ["list"]}]);
    accounts.grant_everywhere("admin", &all).await;
    let operator = Operator::start(&world, HttpAccess::Local).await;
    let status = async |token: Option<&str>| get(operator.address, "/status", token).await;

    let without = status(None).await;
    assert!(without.code == 401 && without.head.contains("www-authenticate: bearer realm="), "{without:?}");
    let junk = status(Some("junk")).await;
    assert!(junk.code == 401 && junk.head.contains("error=\"invalid_token\""), "{junk:?}");
    // Pods have this one for reports alone.
    let of_reports = accounts.token("admin", Some("ballsession.dev/report")).await;
    assert_eq!(status(Some(&of_reports)).await.code, 401);
    // And this one for what is shown here: the API server itself takes it no more than the former.
    let of_http = accounts.token("admin", Some("ballsession.dev/http")).await;
    eventually("all is listed", async || status(Some(&of_http)).await.code == 200).await;

    eventually("all is listed", async || status(Some(&admin)).await.code == 200).await;
    let seen = namespaces(&world, &status(Some(&admin)).await);
    assert!(seen.contains(&world.namespace.name) && seen.contains(&world.other.name), "{seen:?}");
    eventually("one namespace is listed", async || status(Some(&keeper)).await.code == 200).await;
    let own = status(Some(&keeper)).await;
    assert_eq!(namespaces(&world, &own), [world.namespace.name.as_str()]);
    assert_eq!((&own.json()["watched"], &own.json()["omitted"]), (&Value::from(1), &Value::from(0)));
    assert!(!own.body.contains(&world.other.name), "{own:?}");
    assert_eq!(get(operator.address, "/", Some(&keeper)).await.code, 200);

    let refused = status(Some(&nobody)).await;
    let said = format!(
        "system:serviceaccount:{}:nobody has no right to list ballsessions.ballsession.dev in all namespaces",
        world.namespace.name
    );
    assert!(refused.code == 403 && refused.body.starts_with(&said), "{refused:?}");
    assert_eq!(get(operator.address, "/metrics", Some(&admin)).await.code, 403, "that is another right");
    // A forwarded port ends at the pod itself.
    assert_eq!(get_from(Ipv4Addr::LOCALHOST, operator.address, "/status", None).await.code, 200);

    // A right that is granted counts once the refusal is too old.
    let start = Instant::now();
    accounts.grant_in(&world.other.name, "nobody", "list").await;
    eventually("the right counts", async || status(Some(&nobody)).await.code == 200).await;
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    assert_eq!(namespaces(&world, &status(Some(&nobody)).await), [world.other.name.as_str()]);
    world.delete().await;
}

#[tokio::test]
async fn where_everybody_needs_a_token_the_pod_itself_does_too() {
    let test = "where_everybody_needs_a_token_the_pod_itself_does_too";
    let Some(client) = cluster::client(test).await else { return };
    for (access, code) in [(HttpAccess::Token, 401), (HttpAccess::Open, 200)] {
        // Each operator has an account of its own.
        let world = World::create(&client).await;
        let operator = Operator::start(&world, access).await;
        for path in ["/", "/status", "/metrics"] {
            let answer = get_from(Ipv4Addr::LOCALHOST, operator.address, path, None).await;
            assert_eq!(answer.code, code, "{access:?} {path}");
        }
        assert_eq!(get(operator.address, "/healthz", None).await.code, 200);
        world.delete().await;
    }
}
