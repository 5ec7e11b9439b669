//! Tools that go on by a verdict, at what is really served: a part of `deploy/gates/check/run`.

use std::process::Command;

use process::Http;

use super::*;

/// What tries the tools, as a line for a shell; without it there is nothing to serve anything to. It is told where all of it is
/// served, and by which token it sees the sessions `met`, `missed` and `unknown` in the namespace `media`, and the metrics.
const CHECK: &str = "BALLSESSION_GATES_CHECK";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_go_by_what_is_served() {
    let Some(check) = std::env::var_os(CHECK) else { return };
    let server = FakeApiServer::new(&["pipeline"]);
    server.grant("pipeline get /metrics");
    let sessions = [("met", "True"), ("missed", "False"), ("unknown", "Unknown")]
        .map(|(name, met)| session("media", name, met));
    for stored in &sessions {
        server.store(stored);
        server.grant(&format!("pipeline get media/{}", stored["metadata"]["name"].as_str().unwrap()));
    }
    let routes = served_with(HttpAccess::Token, &server, vec![], &sessions);
    let http = Http::serve_routes("127.0.0.1:0".parse().unwrap(), routes).await.unwrap();
    let address = format!("http://{}", http.address());
    let ended = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(check)
            .env("BALLSESSION_OPERATOR", address)
            .env("BALLSESSION_TOKEN", "pipeline");
        command.status()
    });
    let status = ended.await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let [tokens, rights, look_ups] = server.asked();
    assert!(tokens > 0 && rights > 0 && look_ups > 0, "nobody asked: {tokens} {rights} {look_ups}");
}
