//! Tokens that the API server never signed, or not for us, and what they cost it: nothing.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cluster::client;
use kube::client::{Body, ClientBuilder};
use kube::{Client, ResourceExt};
use ring::hmac;
use serde_json::{Value, json};
use tower::ServiceBuilder;

use crate::endpoint::Endpoint;
use crate::post::{self, once, post};
use crate::world::{AUDIENCE, Operator, World, eventually};

/// Tokens of each kind. Eight kinds are ten thousand tokens.
const EACH: usize = 1250;

/// A client of the operator that counts its requests.
fn counting(world: &World, count: &Arc<AtomicUsize>) -> Client {
    let counted = {
        let count = Arc::clone(count);
        move |request: http::Request<Body>| {
            count.fetch_add(1, Ordering::Relaxed);
            request
        }
    };
    let builder = ClientBuilder::try_from(world.operator.clone()).unwrap();
    builder.with_layer(&ServiceBuilder::new().map_request(counted).into_inner()).build()
}

/// A part of a token, read and written.
fn part(token: &str, number: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

fn unsigned(header: &Value, payload: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(payload))
}

/// Junk of each kind, made of a token that is good and of one for somebody else.
fn junk(good: &str, elsewhere: &str, public_key: &str, number: usize) -> [String; 8] {
    let (header, mut payload) = (part(good, 0), part(good, 1));
    let signature = good.rsplit('.').next().unwrap();
    payload["jti"] = json!(format!("{number}"));
    let with = |header: &Value, payload: &Value| format!("{}.{signature}", unsigned(header, payload));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut payload = payload.clone();
        change(&mut payload);
        with(&header, &payload)
    };
    let algorithm = |name: &str| json!({"alg": name, "kid": header["kid"]});
    let hmac = {
        let signed = unsigned(&algorithm("HS256"), &payload);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public_key.as_bytes()), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    [
        with(&header, &payload),
        format!("{}.", unsigned(&algorithm("none"), &payload)),
        hmac,
        with(&json!({"alg": header["alg"], "kid": format!("unknown-{number}")}), &payload),
        changed(&|payload| payload["exp"] = json!(number)),
        elsewhere.to_owned(),
        changed(&|payload| payload["iss"] = json!("https://another.example")),
        changed(&|payload| payload["jti"] = json!("a".repeat(8 * 1024))),
    ]
}

#[tokio::test]
async fn ten_thousand_junk_tokens_cost_one_request_in_thirty_seconds() {
    let test = "ten_thousand_junk_tokens_cost_one_request_in_thirty_seconds";
    let Some(client) = client(test).await else { return };
    let world = World::create(&client).await;
    let requests = Arc::default();
    // Nothing is written here: what is counted are questions about those who report.
    let operator = Operator::start_without_writes(&world, &counting(&world, &requests)).await;
    eventually("the first keys", async || operator.counted("token_keys") > 0).await;
    let server = world.pod("server").await;
    let (good, report) = (world.token(&server, AUDIENCE).await, post::server(0, 1, 900, 0));
    let elsewhere = world.token(&server, "https://kubernetes.default.svc").await;
    assert_eq!(post(&operator.endpoint, &good, &report).await, 202);
    assert_eq!(requests.load(Ordering::Relaxed), 1, "for the keys");

    let keys = http::Request::get("/openid/v1/jwks").body(Vec::new()).unwrap();
    let keys: Value = client.request(keys).await.unwrap();
    let key = &keys["keys"][0];
    let public_key = key["n"].as_str().or(key["x"].as_str()).unwrap();
    let start = std::time::Instant::now();
    for number in 0..EACH {
        // From many: so fast, one alone would be turned away before its token is read.
        let [.., high, low] = number.to_be_bytes();
        let endpoint = Endpoint { source: Ipv4Addr::new(127, 1, high, low), ..operator.plain.clone() };
        for (kind, token) in junk(&good, &elsewhere, public_key, number).iter().enumerate() {
            let code = once(&endpoint, token, &report).await;
            // Of a key that is not known it cannot be said that there is none.
            assert_eq!(code, if kind == 3 { 503 } else { 401 }, "junk of kind {kind}: {token}");
        }
    }
    let refetches = 1 + start.elapsed().as_secs() as usize / 30;
    let more = requests.load(Ordering::Relaxed) - 1;
    assert!((1..=refetches).contains(&more), "{more} requests within {:?}", start.elapsed());
    assert_eq!(operator.counted("token_key_fetches_total{outcome=\"fetched\"}"), more as u64 + 1);
    assert_eq!(operator.counted("token_reviews_total{outcome=\"refused\"}"), 0);

    // Who is good is taken all the same, and still at no cost; a pod that is nobody's costs one question.
    assert_eq!(post(&operator.endpoint, &good, &post::server(0, 2, 900, 0)).await, 202);
    assert_eq!(requests.load(Ordering::Relaxed), more + 1);
    let puppet = world.token(&world.hand_made("puppet").await, AUDIENCE).await;
    for _ in 0..10 {
        assert_eq!(post(&operator.endpoint, &puppet, &report).await, 403, "{}", server.name_any());
    }
    assert_eq!(requests.load(Ordering::Relaxed), more + 2);
    world.namespace.delete().await;
}

/// An API server that gives its keys to nobody: the operator's account may ask for reviews alone.
#[tokio::test]
async fn where_keys_may_not_be_read_tokens_are_reviewed() {
    let Some(client) = client("where_keys_may_not_be_read_tokens_are_reviewed").await else { return };
    let world = World::create(&client).await;
    // Asking for keys leads nowhere; all else is as it is.
    let refused = |request: http::Request<Body>| {
        let is_for_keys = request.uri().path() == "/openid/v1/jwks";
        let (mut head, body) = request.into_parts();
        if is_for_keys {
            head.uri = head.uri.to_string().replace("/openid/v1/jwks", "/openid/v1/none").parse().unwrap();
        }
        http::Request::from_parts(head, body)
    };
    let builder = ClientBuilder::try_from(world.operator.clone()).unwrap();
    let without_keys = builder.with_layer(&ServiceBuilder::new().map_request(refused).into_inner()).build();
    let operator = Operator::start_without_writes(&world, &without_keys).await;
    let server = world.token(&world.pod("server").await, AUDIENCE).await;
    for sequence in 1..=5 {
        assert_eq!(post(&operator.endpoint, &server, &post::server(0, sequence, 900, 0)).await, 202);
    }
    assert_eq!(operator.counted("token_reviews_total{outcome=\"accepted\"}"), 1);
    assert_eq!(operator.counted("token_keys"), 0);
    let header = json!({"alg": "RS256", "kid": "none"});
    let forged = format!("{}.c2ln", unsigned(&header, &part(&server, 1)));
    assert_eq!(post(&operator.endpoint, &forged, &post::server(0, 9, 1, 0)).await, 401);
    assert_eq!(operator.counted("token_reviews_total{outcome=\"refused\"}"), 1);
    world.namespace.delete().await;
}
