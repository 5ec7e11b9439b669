//! The label of the pod whose process holds the lease. The Service for reports selects it, so that posts go to the one
//! that takes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::api_error::describe;
use crate::failing::Failing;
use crate::lease::settings::Settings;
use crate::session::labels::LEADER;

/// How often it is looked after: somebody may have changed it by hand.
const EVERY: Duration = Duration::from_secs(10);
/// The pause after a failure: until it is there, no report arrives.
const RETRY: Duration = Duration::from_secs(1);
/// How long all requests of one attempt may take together.
const LIMIT: Duration = Duration::from_secs(5);

/// The label, for the pod of this process. Its value is the name of the lease, so that of two installations in one
/// namespace each has its own.
pub struct LeaderLabel {
    pods: Api<Pod>,
    value: String,
    pod: String,
    /// Why the pod does not have it, once it is to have it.
    obstacle: Mutex<Option<String>>,
    podless: Failing,
}

impl LeaderLabel {
    /// The label of whoever holds the lease of `settings`, for the pod with this name. `client` writes only for that holder.
    pub fn new(client: Client, settings: &Settings, pod: &str) -> Arc<Self> {
        let pods = Api::namespaced(client, &settings.namespace);
        let (value, pod) = (settings.name.clone(), pod.to_owned());
        Arc::new(Self { pods, value, pod, obstacle: Mutex::default(), podless: Failing::default() })
    }

    /// Why no report arrives; `None` while there is no reason for that.
    pub fn missing(&self) -> Option<String> {
        let obstacle = self.obstacle.lock().unwrap_or_else(PoisonError::into_inner).clone();
        obstacle.map(|why| format!("the label {LEADER} of the pod {}: {why}", self.pod))
    }

    /// Has this pod alone carry the label, until `stop`. Only for who holds the lease; `labelled` is called once, when reports
    /// can arrive.
    pub async fn keep(self: Arc<Self>, labelled: impl FnOnce() + Send, stop: CancellationToken) {
        let mut labelled = Some(labelled);
        stop.run_until_cancelled(async {
            loop {
                let obstacle = match timeout(LIMIT, self.move_here()).await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(describe(&error)),
                    Err(_) => Some(format!("no answer within {} s", LIMIT.as_secs())),
                };
                let is_there = obstacle.is_none();
                self.record(obstacle);
                if is_there && let Some(labelled) = labelled.take() {
                    labelled();
                }
                sleep(if is_there { EVERY } else { RETRY }).await;
            }
        })
        .await;
    }

    /// Off all others first: a post must not go to one that was before.
    async fn move_here(&self) -> kube::Result<()> {
        let labelled = ListParams::default().labels(&format!("{LEADER}={}", self.value));
        let labelled = self.pods.list_metadata(&labelled).await?;
        let (own, others): (Vec<_>, Vec<_>) =
            labelled.into_iter().map(|pod| pod.name_any()).partition(|pod| *pod == self.pod);
        for other in &others {
            if self.label(other, None).await? {
                tracing::info!(pod = other, "leader label removed");
            }
        }
        let is_there = !own.is_empty() || self.label(&self.pod, Some(&self.value)).await?;
        if !is_there && self.podless.failed() {
            tracing::info!(
                pod = self.pod,
                "this process runs in no pod: reports arrive only where --report-url leads to it"
            );
        }
        Ok(())
    }

    /// Gives a pod the label, or takes it away. Whether there is such a pod.
    async fn label(&self, pod: &str, value: Option<&str>) -> kube::Result<bool> {
        let patch = json!({"metadata": {"labels": {LEADER: value}}});
        match self.pods.patch_metadata(pod, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Logged when it changes.
    fn record(&self, obstacle: Option<String>) {
        let mut known = self.obstacle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = obstacle.as_ref().filter(|_| *known != obstacle) {
            tracing::warn!(pod = self.pod, why, "leader label not set: no report arrives");
        }
        *known = obstacle;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, Response};
    use http_body_util::BodyExt;
    use kube::client::Body;
    use serde_json::Value;
    use tower::service_fn;

    use super::*;
    use crate::lease::Timing;

    /// What was asked for, and the pods that carry the label.
    #[derive(Default)]
    struct Pods {
        asked: Mutex<Vec<String>>,
        labelled: Vec<&'static str>,
        is_forbidden: bool,
    }

    fn label(pods: &Arc<Pods>) -> Arc<LeaderLabel> {
        let pods = Arc::clone(pods);
        let service = service_fn(move |request: Request<Body>| {
            let pods = Arc::clone(&pods);
            async move { Ok::<_, Infallible>(pods.answer(request).await) }
        });
        let settings = Settings {
            namespace: "tower".into(),
            name: "operator".into(),
            identity: "a".into(),
            predecessors: None,
            timing: Timing::default(),
        };
        LeaderLabel::new(Client::new(service, "default"), &settings, "replica-a")
    }

    impl Pods {
        async fn answer(&self, request: Request<Body>) -> Response<Body> {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
            let label = &sent["metadata"]["labels"][LEADER];
            let of = head.uri.path_and_query().unwrap().as_str().rsplit('/').next().unwrap().to_owned();
            self.asked.lock().unwrap().push(format!("{} {of} {label}", head.method));
            let (code, answer) = if self.is_forbidden {
                (
                    403,
                    json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "pods is forbidden"}),
                )
            } else if head.method == http::Method::GET {
                let item = |name: &&str| json!({"metadata": {"name": name}});
                let items: Vec<_> = self.labelled.iter().map(item).collect();
                (200, json!({"kind": "PartialObjectMetadataList", "metadata": {}, "items": items}))
            } else {
                (200, json!({"metadata": {"name": "a"}}))
            };
            Response::builder().status(code).body(Body::from(answer.to_string().into_bytes())).unwrap()
        }
    }

    #[tokio::test]
    async fn it_is_taken_off_all_others_before_it_is_given() {
        let pods = Arc::new(Pods { labelled: vec!["replica-b", "replica-c"], ..Pods::default() });
        label(&pods).move_here().await.unwrap();
        let asked = pods.asked.lock().unwrap().clone();
        assert!(
            asked[0].starts_with("GET pods?") && asked[0].contains("ballsession.dev%2Fleader%3Doperator"),
            "{asked:?}"
        );
        let patches: Vec<_> = asked[1..]
            .iter()
            .map(|asked| asked.replace('?', " ").split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let told: Vec<_> = patches
            .iter()
            .map(|words| (words[0].as_str(), words[1].as_str(), words.last().unwrap().as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("PATCH", "replica-b", "null"),
                ("PATCH", "replica-c", "null"),
                ("PATCH", "replica-a", "\"operator\"")
            ]
        );

        let pods = Arc::new(Pods { labelled: vec!["replica-a"], ..Pods::default() });
        label(&pods).move_here().await.unwrap();
        assert_eq!(pods.asked.lock().unwrap().len(), 1, "it is there");
    }

    #[tokio::test(start_paused = true)]
    async fn why_no_report_arrives_is_known() {
        let pods = Arc::new(Pods { is_forbidden: true, ..Pods::default() });
        let label = label(&pods);
        assert_eq!(label.missing(), None, "whoever stands by needs none");
        let stop = CancellationToken::new();
        let labelled = || panic!("it is not");
        let keeping = tokio::spawn(Arc::clone(&label).keep(labelled, stop.clone()));
        sleep(Duration::from_millis(500)).await;
        assert_eq!(
            label.missing().as_deref(),
            Some("the label ballsession.dev/leader of the pod replica-a: pods is forbidden (403 Forbidden)")
        );
        stop.cancel();
        keeping.await.unwrap();
    }
}
