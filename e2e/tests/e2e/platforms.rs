//! What platforms decide about pods: as whom they run.

use anyhow::{Result, ensure};
use ballsession_e2e::{Part, Session, quick, scenario, with};
use serde_json::json;

/// As OpenShift gives them out.
const SERVERS_USER: i64 = 1_000_680_000;
const CLIENTS_USER: i64 = 1_000_690_000;

/// O19: the token's file has to be readable by a user whom the kubelet knows, with a group and without; that it is by one who
/// stands in the image alone, all other scenarios show.
#[tokio::test]
async fn pods_run_as_any_user() {
    scenario("ids", async |stage| {
        let spec = json!({
            "server": {"securityContext": {"runAsUser": SERVERS_USER, "runAsGroup": 0, "fsGroup": SERVERS_USER}},
            "client": {"securityContext": {"runAsUser": CLIENTS_USER}}
        });
        let session = stage.session("anyone", &with(quick(), spec)).await?;
        // No numbers without reports, and no reports without the token.
        session.works_with(1).await?;
        for (part, user) in [(Part::Server, SERVERS_USER), (Part::Client, CLIENTS_USER)] {
            ensure!(user_of(&session, part).await? == Some(user), "{part:?} runs as somebody else");
        }
        // Clients say how they ended in a file that is not theirs.
        session.change(&json!({"duration": "5s"})).await?;
        session
            .eventually("the run is over", |now| now.because("Complete", "True", "Finished").map(drop))
            .await?;
        Ok(())
    })
    .await;
}

async fn user_of(session: &Session, part: Part) -> Result<Option<i64>> {
    let pod = session.ready_pod(part).await?;
    let security = pod.spec.and_then(|spec| spec.security_context);
    Ok(security.and_then(|security| security.run_as_user))
}
