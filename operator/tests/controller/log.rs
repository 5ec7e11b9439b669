//! What the log says of what is as it should be, or goes on for long: little.

use std::io::Write;
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ListParams};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::harness::{Operator, client, eventually};

/// The lines of warnings and worse.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn all(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("ballsession_operator")).map(str::to_owned).collect()
    }
}

/// O21: 136 lines, of which each said that nothing can be made in a namespace that is being deleted.
#[tokio::test]
async fn the_end_of_a_namespace_is_not_worth_a_warning() {
    let Some((client, _shared)) = client("the_end_of_a_namespace_is_not_worth_a_warning").await else {
        return;
    };
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = fmt()
        .with_max_level(LevelFilter::WARN)
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    // All of a test runs on one thread.
    let _guard = subscriber.set_default();
    let operator = Operator::start(&client).await;
    for name in ["harbor", "pier", "quay"] {
        operator.create(name, &json!({"clients": 2})).await;
        operator.play_pods(name, 2).await;
        operator.wait_ready(name, "Ready").await;
    }
    let before = lines.all();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let name = &operator.namespace.name;
    namespaces.delete(name, &DeleteParams::default()).await.unwrap();
    eventually("the end of the sessions", async || {
        let left =
            operator.api::<crds::BallSession>().list(&ListParams::default()).await.unwrap().items.len();
        if left == 0 { Ok(()) } else { Err(left) }
    })
    .await;
    assert_eq!(lines.all(), before);
    operator.finish().await;
}
