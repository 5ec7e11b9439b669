//! Media by way of a real TURN server: coturn, where it is installed.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ballsession_tests::{Client, Program, Server, assert_perfect, eventually};
use report::CandidateType;
use tempfile::TempDir;

/// coturn on loopback, with one user. Dropping it kills it.
struct Turn {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Turn {
    /// None where it is not installed, which is said.
    fn start(more: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let database = folder.path().join("users");
        let mut command = Command::new("turnserver");
        command
            .args([
                "-n",
                "--listening-ip=127.0.0.1",
                "--relay-ip=127.0.0.1",
                "--lt-cred-mech",
                "--realm=test",
            ])
            .args(["--user=tester:secret", "--no-cli", "--cli-password=unused", "--allow-loopback-peers"])
            .args(["--no-tls", "--no-dtls", "--no-tcp", "--log-file=stdout", "--simple-log"])
            .arg(format!("--listening-port={}", address.port()))
            .arg(format!("--userdb={}", database.display()))
            .arg(format!("--pidfile={}", folder.path().join("pid").display()))
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                println!("skipped: no turnserver here (Debian's package coturn): {error}");
                return None;
            }
        };
        let turn = Self { child, folder, address };
        eventually("an answer of turnserver's", || turn.answers().then_some(()));
        Some(turn)
    }

    /// Whether it answers a Binding request (RFC 8489, section 2).
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        // Refused as long as it does not listen.
        socket.connect(self.address).is_ok()
            && socket.send(&request).is_ok()
            && socket.recv(&mut [0; 512]).is_ok()
    }

    /// It is gone, and what clients were told of it stays.
    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn uri(&self) -> String {
        format!("turn:{}?transport=udp", self.address)
    }

    fn password(&self, password: &str) -> PathBuf {
        let path = self.folder.path().join("password");
        std::fs::write(&path, password).unwrap();
        path
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last line of a client that is to fail by this relay.
fn refused(server: SocketAddr, uri: &str, password: &str) -> String {
    let address = server.to_string();
    let relay = ["--relay", uri, "--relay-user", "tester", "--relay-password-file", password];
    let client = ["--server", &address, "--give-up-after", "7s"];
    let ended = Program::run("ballsession-client", &[&client[..], &relay].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    ended.stderr.last().unwrap().clone()
}

#[test]
fn all_media_goes_by_the_relay_and_what_is_wrong_with_one_is_named() {
    let Some(turn) = Turn::start(&[]) else { return };
    let server = Server::start(&[]);
    let (uri, password) = (turn.uri(), turn.password("secret\n"));
    let password = password.to_str().unwrap();
    let relay = ["--relay", &uri, "--relay-user", "tester", "--relay-password-file", password];
    let client = Client::start("relayed", server.signaling(), &[&relay[..], &["--duration", "3s"]].concat());
    let (path, seen) = server.row("relayed", "both ends of its way", |row| row.path.zip(row.server_path));
    assert_eq!(
        (path.local.candidate_type, seen.remote.candidate_type),
        (CandidateType::Relay, CandidateType::Relay)
    );
    assert_eq!((path.local.address, path.local.port), (seen.remote.address, seen.remote.port));
    let client = client.finish();
    assert_eq!(client.exited.code, Some(0), "{client:?}");
    let row = server.status().clients.remove(0);
    assert_perfect(&row.frames);
    assert!(row.frames.matched > 60, "{row:?}");

    turn.password("wrong");
    let said = refused(server.signaling(), &uri, password);
    assert!(
        said.contains("IceFailed: the relay turn:127.0.0.1")
            && said.contains("does not take user \"tester\" with this password: 401"),
        "{said}"
    );
    turn.password("secret");
    drop(turn);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let uri = format!("turn:{}", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "secret").unwrap();
    let said = refused(server.signaling(), &uri, file.to_str().unwrap());
    assert!(said.contains("does not answer within 5 s"), "{said}");
}

#[test]
fn a_relay_that_forbids_the_servers_address_or_stops_is_named() {
    let Some(turn) = Turn::start(&["--denied-peer-ip=127.0.0.1"]) else { return };
    let server = Server::start(&[]);
    let password = turn.password("secret");
    let address = server.signaling().to_string();
    let relay = [
        "--relay",
        &turn.uri(),
        "--relay-user",
        "tester",
        "--relay-password-file",
        password.to_str().unwrap(),
    ]
    .map(str::to_owned);
    let relay: Vec<&str> = relay.iter().map(String::as_str).collect();
    let client = ["--server", &address, "--give-up-after", "20s"];
    let mut forbidden = Program::start("ballsession-client", &[&client[..], &relay].concat());
    let said = forbidden.line("passes nothing on to 127.0.0.1:");
    assert!(said.contains("403"), "{said}");
    drop((forbidden, turn));

    let Some(mut turn) = Turn::start(&[]) else { return };
    let password = turn.password("secret");
    let uri = turn.uri();
    let relay =
        ["--relay", &uri, "--relay-user", "tester", "--relay-password-file", password.to_str().unwrap()];
    let client = Client::start("cut", server.signaling(), &[&relay[..], &["--reconnect"]].concat());
    server.matched("cut", 30);
    turn.stop();
    let named = client.eventually("what has become of the relay", |status| {
        status
            .errors
            .iter()
            .find(|error| error.message.contains("the relay turn:"))
            .map(|error| error.message.clone())
    });
    assert!(named.contains("has been silent for"), "{named}");
}

/// A TURN server passes nothing on from one family to the other, and does not say so where no check is even tried.
#[test]
fn a_relay_whose_address_is_of_another_family_than_the_servers_is_named() {
    let Some(turn) = Turn::start(&[]) else { return };
    let own = ["--listen", "[::1]:0", "--http", "[::1]:0", "--ice-address", "::1"];
    let mut server = Program::start("ballsession-server", &own);
    let line = server.line("signalling on ");
    let (_, rest) = line.split_once("signalling on ").unwrap();
    let signalling = rest.split(", HTTP").next().unwrap().parse().unwrap();
    let password = turn.password("secret");
    let said = refused(signalling, &turn.uri(), password.to_str().unwrap());
    assert!(
        said.contains("no media: IceFailed: the relay turn:127.0.0.1") && said.contains(" gives 127.0.0.1:"),
        "{said}"
    );
    assert!(said.contains("and the server is at [::1]:"), "{said}");
    assert!(said.ends_with("it has to give an address of IPv6 (coturn: --keep-address-family)"), "{said}");
}
