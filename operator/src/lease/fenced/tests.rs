//! What is counted of requests to a server that is overloaded, or silent.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that answers only as a test says, and a client of it.
struct World {
    listener: TcpListener,
    secrets: Api<Secret>,
    registry: Registry,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let client = client(&Config::new(address.parse().unwrap()), Fence::open(), &metrics).unwrap();
        Self { listener, secrets: Api::namespaced(client, "lighthouse"), registry }
    }

    /// The next request.
    async fn asked(&self) -> TcpStream {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let (mut request, mut part) = (Vec::new(), [0; 1024]);
        while !request.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut part).await.unwrap();
            assert!(read > 0, "the connection ended within a request");
            request.extend_from_slice(&part[..read]);
        }
        stream
    }

    async fn answer(&self, status: &str, body: &str) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        self.asked().await.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }

    fn count(&self, series: &str) -> u32 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{series} in\n{text}")).parse().unwrap()
    }
}

#[tokio::test]
async fn what_was_repeated_failed_before() {
    let world = World::new().await;
    let server = async {
        world.answer("503 Service Unavailable", "").await;
        world.answer("429 Too Many Requests", "").await;
        world.answer("200 OK", r#"{"metadata": {"name": "keys"}}"#).await;
    };
    let (secret, ()) = tokio::join!(world.secrets.get("keys"), server);
    assert_eq!(secret.unwrap().metadata.name.as_deref(), Some("keys"));
    for code in ["503", "429"] {
        assert_eq!(world.count(&format!("api_request_failures_total{{verb=\"get\",code=\"{code}\"}}")), 1);
    }
    assert_eq!(world.count("api_request_duration_seconds_count{verb=\"get\"}"), 3);
}

#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_late() {
    let world = World::new().await;
    let late = "api_request_failures_total{verb=\"get\",code=\"late\"}";
    assert_eq!(world.count(late), 0);
    let connection = tokio::select! {
        secret = world.secrets.get("keys") => panic!("answered: {secret:?}"),
        connection = world.asked() => connection,
    };
    assert_eq!(world.count(late), 1);
    assert_eq!(world.count("api_request_failures_total{verb=\"get\",code=\"none\"}"), 0);
    assert_eq!(world.count("api_request_duration_seconds_count{verb=\"get\"}"), 1);
    drop(connection);
}
