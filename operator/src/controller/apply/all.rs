//! All children of a session, each by itself: one that the API server refuses keeps none of the others from being made.

use k8s_openapi::api::apps::v1::Deployment;

use crate::controller::apply::applier::{Applier, Tools};
use crate::controller::apply::attempt::Done;
use crate::controller::apply::error::Error;
use crate::controller::resources::{Applied, Observed, Prepared, Resources};
use crate::session::{Session, short_hash};

/// What became of the children.
pub struct Outcome {
    /// As they are now. One that was refused is as it was found.
    pub resources: Resources<Applied>,
    /// One of them is on its way out, and comes anew when it is gone.
    pub waiting: bool,
    /// The server's pod is made anew, by another Deployment.
    pub is_server_changed: bool,
    /// There may be pods of clients: behind the name that they dial is this session's own server.
    pub may_have_clients: bool,
    /// Why children are not as they shall be.
    pub refused: Vec<Error>,
    /// The first of these that was tried just now, and not only remembered.
    pub failed: Option<Error>,
}

/// Makes the children of a session what they shall be.
pub(in crate::controller) async fn apply(
    tools: Tools<'_>,
    session: &Session,
    prepared: Resources<Prepared>,
    observed: Resources<Observed>,
) -> Outcome {
    let applier = Applier { tools, session };
    let server_before = observed.server_deployment.as_ref().and_then(template_hash);
    // Without `..`: a child that is forgotten here does not compile.
    let Resources {
        workload_service_account,
        report_ca,
        server_deployment,
        server_service,
        client_job,
        server_network_policy,
        client_network_policy,
        media_service,
    } = prepared;
    // Policies before the pods that they are about, the account and the authorities before the pods that use them. Those of one
    // line at once: the slowest answer of each, and not the sum of all, has to fit into the time of a reconcile. On the heap,
    // because objects of the API are large, and a few at once would be a good part of a stack.
    let (account, ca, server_policy, client_policy, service, media) = tokio::join!(
        Box::pin(applier.child(workload_service_account, observed.workload_service_account)),
        Box::pin(applier.child(report_ca, observed.report_ca)),
        Box::pin(applier.child(server_network_policy, observed.server_network_policy)),
        Box::pin(applier.child(client_network_policy, observed.client_network_policy)),
        Box::pin(applier.child(server_service, observed.server_service)),
        Box::pin(applier.child(media_service, observed.media_service)),
    );
    // Behind the name that clients dial may be somebody else's server.
    let is_foreign = matches!(&service.refused, Some((Error::NameTaken { .. }, _)));
    let (deployment, job) = tokio::join!(
        Box::pin(applier.child(server_deployment, observed.server_deployment)),
        Box::pin(applier.child(client_job, observed.client_job)),
    );

    let mut sum = Sum::default();
    let resources: Resources<Applied> = Resources {
        server_deployment: sum.add(deployment),
        client_job: sum.add(job),
        server_service: sum.add(service),
        workload_service_account: sum.add(account),
        report_ca: sum.add(ca),
        server_network_policy: sum.add(server_policy),
        client_network_policy: sum.add(client_policy),
        media_service: sum.add(media),
    };
    let server_now = resources.server_deployment.as_ref().and_then(template_hash);
    let is_server_changed = server_before.is_some() && server_before != server_now;
    let Sum { waiting, refused, failed } = sum;
    Outcome { resources, waiting, is_server_changed, may_have_clients: !is_foreign, refused, failed }
}

/// What all children together came to.
#[derive(Default)]
struct Sum {
    waiting: bool,
    refused: Vec<Error>,
    failed: Option<Error>,
}

impl Sum {
    fn add<K>(&mut self, done: Done<K>) -> Option<K> {
        self.waiting |= done.is_waiting;
        if let Some((error, is_fresh)) = done.refused {
            if is_fresh && self.failed.is_none() {
                self.failed = Some(error.clone());
            }
            self.refused.push(error);
        }
        done.live
    }
}

/// What the pods of a Deployment are made of, as it is stored.
fn template_hash(deployment: &Deployment) -> Option<String> {
    deployment.metadata.uid.as_ref().map(|uid| short_hash(&(uid, &deployment.spec.template)))
}
