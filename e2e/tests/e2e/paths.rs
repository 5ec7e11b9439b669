//! Media by Services, ports of nodes, load balancers and a TURN server, and what is said where these do not work.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    Blockade, Image, PATIENCE, Part, Session, Snapshot, Stage, addresses, eventually, families, is_ready,
    quick, scenario, with,
};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

/// For documentation (RFC 5737, RFC 3849): nobody has them, and a Service's proxy takes what goes there all the same.
const BALANCERS: [(&str, &str); 2] = [("IPv4", "192.0.2.77"), ("IPv6", "2001:db8::77")];

fn shown(now: &Snapshot) -> Result<&str> {
    let display = now.status()?.display.as_ref().context("nothing is shown")?;
    display.path.as_deref().context("no path is shown")
}

/// Waits for the address at which a session is reached by its path.
async fn address(session: &Session, path: &str) -> Result<SocketAddr> {
    let address = |now: &Snapshot| -> Result<SocketAddr> {
        let shown = shown(now)?;
        ensure!(shown.starts_with(path), "{shown} is not {path}");
        // The family comes in between, where one is asked for.
        let address = shown.rsplit(' ').next().context("it is empty")?;
        address.parse().with_context(|| format!("no address is shown yet: {shown}"))
    };
    let now = session.eventually("its address", |now| address(now).map(drop)).await?;
    address(&now)
}

/// Waits until the row of its client has a pair whose ends are as `is_so` asks.
async fn pair(session: &Session, what: &str, is_so: impl Fn(&str) -> bool) -> Result<()> {
    session
        .eventually(what, |now| {
            let row = now.status()?.clients.first().context("no row")?;
            let path = row.path.as_deref().context("its row has no path")?;
            ensure!(is_so(path), "{path}");
            Ok(())
        })
        .await
        .map(drop)
}

async fn ends_at(session: &Session, address: SocketAddr) -> Result<()> {
    pair(session, "the pair that is asked for", |path| path.ends_with(&format!(" {address}"))).await
}

/// Waits until it is said that nothing goes by its path, in these words.
async fn told_blocked(session: &Session, words: &[&str]) -> Result<()> {
    session
        .eventually("the blocked path is told", |now| {
            let message = now.because("Ready", "False", "MediaBlocked")?;
            for part in words {
                ensure!(message.contains(part), "{part:?} is not in {message}");
            }
            Ok(())
        })
        .await
        .map(drop)
}

/// The family of an address, as `spec.ipFamily` calls it.
fn family_of(address: IpAddr) -> &'static str {
    if address.is_ipv6() { "IPv6" } else { "IPv4" }
}

#[tokio::test]
async fn media_flows_by_each_service_in_each_family_and_by_no_other_way() {
    scenario("paths", async |stage| {
        for family in families(&stage.client).await? {
            let name = format!("way-{}", family.to_lowercase());
            let session = stage.session(&name, &with(quick(), json!({"ipFamily": family}))).await?;
            session.works_with(1).await?;
            session
                .eventually("the pods alone", |now| {
                    ensure!(shown(now)?.starts_with("PodIP"), "{}", shown(now)?);
                    Ok(())
                })
                .await?;
            let of_family = |path: &str| {
                let end = path.rsplit(' ').next().and_then(|end| end.parse::<SocketAddr>().ok());
                end.is_some_and(|end| family_of(end.ip()) == family)
            };
            pair(&session, "a pair of its family", of_family).await?;
            for path in ["ClusterIP", "NodePort"] {
                session.change(&json!({"path": path})).await?;
                let address = address(&session, path).await?;
                ensure!(family_of(address.ip()) == family, "{address} is not {family}");
                ends_at(&session, address).await?;
                session.works_with(1).await?;
            }
            // And back: its Service is gone.
            session.change(&json!({"path": null})).await?;
            session.works_with(1).await?;
            eventually(PATIENCE, "no Service for media", async || {
                let services: Api<Service> = Api::namespaced(stage.client.clone(), &stage.namespace);
                ensure!(services.get_opt(&format!("{name}-media")).await?.is_none());
                Ok(())
            })
            .await?;
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn each_path_works_where_all_else_is_denied() {
    scenario("paths-isolated", async |stage| {
        for family in families(&stage.client).await? {
            for path in ["PodIP", "ClusterIP", "NodePort"] {
                let spec =
                    with(quick(), json!({"path": path, "networkPolicy": "Isolated", "ipFamily": family}));
                let name = format!("{path}-{family}").to_lowercase();
                let session = stage.session(&name, &spec).await?;
                session.works_with(1).await?;
                session.delete().await?;
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_balancer_is_waited_for_and_then_used() {
    scenario("balancer", async |stage| {
        for family in families(&stage.client).await? {
            let name = format!("balanced-{}", family.to_lowercase());
            let service = format!("{name}-media");
            let spec = with(quick(), json!({"path": "LoadBalancer", "ipFamily": family}));
            let session = stage.session(&name, &spec).await?;
            session
                .eventually("no balancer", |now| {
                    let message = now.because("Ready", "False", "WaitingForAddress")?;
                    ensure!(
                        message.contains(&format!("Service {service} has no load balancer yet")),
                        "{message}"
                    );
                    Ok(())
                })
                .await?;
            let (_, ip) = BALANCERS.into_iter().find(|(known, _)| *known == family).context("no family")?;
            let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": ip}]}}});
            let services: Api<Service> = Api::namespaced(stage.client.clone(), &stage.namespace);
            services.patch_status(&service, &PatchParams::default(), &Patch::Merge(&status)).await?;
            session.works_with(1).await?;
            ends_at(&session, SocketAddr::new(ip.parse()?, 8082)).await?;
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

/// One after the other: each of them has clients that begin while nothing goes there.
#[tokio::test]
async fn a_path_that_is_blocked_is_named_with_what_to_check() {
    scenario("paths-blocked", async |stage| {
        let families = families(&stage.client).await?;
        let blocked = [
            ("ClusterIP", "check the Service's endpoints, kube-proxy and NetworkPolicy"),
            ("NodePort", "check firewalls for node ports, kube-proxy and NetworkPolicy"),
        ];
        for (family, (path, check)) in families.iter().flat_map(|family| blocked.map(|case| (family, case))) {
            let name = format!("{path}-{family}").to_lowercase();
            let spec = with(quick(), json!({"clients": 0, "path": path, "ipFamily": family}));
            let session = stage.session(&name, &spec).await?;
            let address = address(&session, path).await?;
            let table = format!("ballsession_e2e_{}_{}", name.replace('-', "_"), std::process::id());
            let blockade = Blockade::of_destination(&stage.client, &table, address).await?;
            let end = format!("{address} ({path} of {name}-media)");
            let outcome = async {
                session.change(&json!({"clients": 1})).await?;
                told_blocked(&session, &[&end, check]).await
            };
            let outcome = outcome.await;
            blockade.lift().await?;
            outcome?;
            session.works_with(1).await?;
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

/// An overlay with less room than it says: what is small passes, and the keyframe that a client begins with does not.
#[tokio::test]
async fn where_large_datagrams_vanish_that_is_named_on_each_path() {
    scenario("paths-narrow", async |stage| {
        let video = json!({"width": 640, "height": 480, "bitrateKbps": 2000});
        for family in families(&stage.client).await? {
            for path in ["PodIP", "ClusterIP", "NodePort"] {
                let name = format!("{path}-{family}").to_lowercase();
                let spec =
                    with(quick(), json!({"clients": 0, "path": path, "ipFamily": family, "video": video}));
                let session = stage.session(&name, &spec).await?;
                let server = session.ready_pod(Part::Server).await?;
                let table = format!("ballsession_e2e_narrow_{}", name.replace('-', "_"));
                let blockade = Blockade::of_larger(&stage.client, &table, &addresses(&server), 1000).await?;
                let outcome = async {
                    session.change(&json!({"clients": 1})).await?;
                    told_blocked(&session, &["datagrams above 1000 bytes vanish"]).await
                };
                let outcome = outcome.await;
                blockade.lift().await?;
                outcome?;
                session.works_with(1).await?;
                session.delete().await?;
            }
        }
        Ok(())
    })
    .await;
}

/// The spec of a session by the TURN server at that address.
fn relayed(place: IpAddr) -> Value {
    let relay = json!({"uri": format!("turn:{}", SocketAddr::new(place, 3478)), "secretName": "demo-relay"});
    with(quick(), json!({"path": "Relay", "relay": relay, "ipFamily": family_of(place)}))
}

/// A Service whose proxy does not serve it, or no more: its address leads nowhere.
#[tokio::test]
async fn a_service_that_leads_nowhere_is_named_and_served_again_it_works() {
    scenario("paths-unserved", async |stage| {
        let session =
            stage.session("unserved", &with(quick(), json!({"clients": 0, "path": "ClusterIP"}))).await?;
        let address = address(&session, "ClusterIP").await?;
        let services: Api<Service> = Api::namespaced(stage.client.clone(), &stage.namespace);
        // kube-proxy, and what replaces it, leaves a Service with this label to another proxy.
        let served_by = async |proxy: Option<&str>| {
            let labels = json!({"metadata": {"labels": {"service.kubernetes.io/service-proxy-name": proxy}}});
            services.patch("unserved-media", &PatchParams::default(), &Patch::Merge(&labels)).await
        };
        served_by(Some("nobody")).await?;
        session.change(&json!({"clients": 1})).await?;
        let end = format!("{address} (ClusterIP of unserved-media)");
        told_blocked(&session, &[&end, "check the Service's endpoints, kube-proxy"]).await?;
        served_by(None).await?;
        session.works_with(1).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn media_flows_by_a_relay_and_a_wrong_password_is_named() {
    const NAME: &str = "media_flows_by_a_relay_and_a_wrong_password_is_named";
    let Some(image) = Image::Turn.named_for(NAME) else { return };
    scenario("relay", async |stage| {
        let places = relay(stage, &image).await?;
        secret(stage, "wrong").await?;
        let first = *places.first().context("it has no address")?;
        let session = stage.session("mistaken", &relayed(first)).await?;
        session
            .eventually("the wrong password is told", |now| {
                let message = now.because("Ready", "False", "MediaBlocked")?;
                ensure!(message.contains("does not take user \"demo\" with this password"), "{message}");
                ensure!(message.contains("check the TURN server's log"), "{message}");
                Ok(())
            })
            .await?;
        session.delete().await?;
        secret(stage, "secret").await?;
        for place in places {
            let name = format!("relayed-{}", family_of(place).to_lowercase());
            let session = stage.session(&name, &relayed(place)).await?;
            session.works_with(1).await?;
            pair(&session, "an address of the relay", |path| {
                let host = SocketAddr::new(place, 0).to_string();
                path.starts_with(&format!("relay {}", host.trim_end_matches('0')))
            })
            .await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_stops_while_it_is_used_is_named() {
    let Some(image) = Image::Turn.named_for("a_relay_that_stops_while_it_is_used_is_named") else { return };
    scenario("relay-stops", async |stage| {
        secret(stage, "secret").await?;
        let place = *relay(stage, &image).await?.first().context("it has no address")?;
        let session = stage.session("orphan", &relayed(place)).await?;
        session.works_with(1).await?;
        let pods: Api<Pod> = Api::namespaced(stage.client.clone(), &stage.namespace);
        pods.delete("turn", &DeleteParams::default().grace_period(0)).await?;
        let uri = format!("the relay turn:{}", SocketAddr::new(place, 3478));
        told_blocked(&session, &[&uri, "does not answer within 5 s", "check the TURN server's log"]).await?;
        eventually(PATIENCE, "its pod is gone", async || {
            ensure!(pods.get_opt("turn").await?.is_none());
            Ok(())
        })
        .await?;
        let place = *relay(stage, &image).await?.first().context("it has no address")?;
        session.change(&relayed(place)).await?;
        session.works_with(1).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_relay_without_its_secret_is_told_in_the_kubelets_words() {
    scenario("relay-secret", async |stage| {
        let relayed =
            json!({"path": "Relay", "relay": {"uri": "turn:192.0.2.1", "secretName": "demo-relay"}});
        let session = stage.session("keyless", &with(quick(), relayed)).await?;
        session
            .eventually("the missing Secret is told", |now| {
                let message = now.because("Ready", "False", "PodStuck")?;
                ensure!(message.contains("demo-relay"), "{message}");
                Ok(())
            })
            .await
            .map(drop)
    })
    .await;
}

/// What clients of the relay are known by.
async fn secret(stage: &Stage, password: &str) -> Result<()> {
    let secrets: Api<Secret> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "demo-relay"},
                        "stringData": {"username": "demo", "password": password}});
    secrets.patch("demo-relay", &PatchParams::apply("e2e").force(), &Patch::Apply(secret)).await?;
    Ok(())
}

/// A TURN server; its addresses, once it is ready.
async fn relay(stage: &Stage, image: &str) -> Result<Vec<IpAddr>> {
    let arguments: Vec<Value> = [
        "-n",
        "--lt-cred-mech",
        "--realm=ballsession.test",
        "--user=demo:secret",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--no-tcp",
        // Of the family that it is asked by.
        "--keep-address-family",
        "--log-file=stdout",
        "--simple-log",
        "--userdb=/tmp/users",
        "--pidfile=/tmp/pid",
    ]
    .into_iter()
    .map(Into::into)
    .collect();
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "turn"},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "turn", "image": image, "imagePullPolicy": "Never", "command": ["turnserver"], "args": arguments,
                "workingDir": "/tmp",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
            }]
        }
    }))?;
    let pods: Api<Pod> = Api::namespaced(stage.client.clone(), &stage.namespace);
    pods.create(&PostParams::default(), &pod).await?;
    eventually(PATIENCE, "a TURN server", async || {
        let pod = pods.get("turn").await?;
        ensure!(is_ready(&pod), "{:?}", pod.status);
        Ok(addresses(&pod).iter().map(|address| address.parse()).collect::<Result<_, _>>()?)
    })
    .await
}
