//! What users get wrong: one clear line that names it, and an exit code that scripts can distinguish.

use std::net::TcpListener;

use ballsession_tests::{Exited, Program};

const SERVER: &str = "ballsession-server";
const CLIENT: &str = "ballsession-client";

/// Asserts that a program ended with `code`, and said why in one line that has all of `words`.
fn assert_refused(ended: &Exited, code: i32, words: &[&str]) {
    assert_eq!((ended.code, &ended.stdout[..]), (Some(code), &[][..]), "{ended:?}");
    let [line] = &ended.stderr[..] else { panic!("{ended:?}") };
    assert!(
        line.starts_with("error: ") && words.iter().all(|word| line.contains(word)),
        "{words:?} in {line}"
    );
}

#[test]
fn wrong_usage_is_refused_with_the_flag_the_value_and_what_is_allowed() {
    let cases: [(&str, &[&str], &[&str]); 53] = [
        (SERVER, &["--colour", "red"], &["--colour"]),
        (SERVER, &["extra"], &["extra"]),
        (SERVER, &["--width", "641"], &["--width", "'641'", "even", "64 to 1920"]),
        (SERVER, &["--width", "62"], &["--width", "'62'", "64 to 1920"]),
        (SERVER, &["--height", "1082"], &["--height", "'1082'", "64 to 1080"]),
        (SERVER, &["--height", "-2"], &["-2"]),
        (SERVER, &["--fps", "61"], &["--fps", "'61'", "5 to 60"]),
        (SERVER, &["--fps", "29.97"], &["--fps", "'29.97'", "whole"]),
        (SERVER, &["--bitrate-kbps", "0"], &["--bitrate-kbps", "'0'", "50 to 20000"]),
        (SERVER, &["--radius", "3"], &["--radius", "'3'", "4 to 200"]),
        (SERVER, &["--radius", "NaN"], &["--radius", "'NaN'", "4 to 200"]),
        (SERVER, &["--speed", "inf"], &["--speed", "'inf'", "0 to 5000"]),
        (SERVER, &["--width", "64", "--height", "64", "--radius", "29"], &["radius 29", "28", "64x64"]),
        (SERVER, &["--background", "red"], &["--background", "'red'", "plain or textured"]),
        (SERVER, &["--seed", "x"], &["--seed", "'x'", "whole number"]),
        (SERVER, &["--duration", "5"], &["--duration", "'5'", "30s"]),
        (SERVER, &["--duration", "0s"], &["--duration", "'0s'", "1ms"]),
        (SERVER, &["--duration"], &["--duration"]),
        (SERVER, &["--window", "2h"], &["--window", "'2h'", "5s to 1h"]),
        (SERVER, &["--listen", "localhost"], &["--listen", "'localhost'", "127.0.0.1:8080"]),
        (SERVER, &["--http", "8081"], &["--http", "'8081'", "127.0.0.1:8080"]),
        (SERVER, &["--ice-address", "nowhere"], &["--ice-address", "'nowhere'", "IP address"]),
        (SERVER, &["--ice-address", "fe80::1"], &["--ice-address", "'fe80::1'", "link-local"]),
        (SERVER, &["--listen", "[fe80::1]:8080"], &["--listen", "[fe80::1]:8080", "[fe80::1%eth0]:8080"]),
        (SERVER, &["--listen", "[fe80::1%nope]:1"], &["--listen", "[fe80::1%nope]:1", "interface"]),
        (SERVER, &["--media-ports", "0"], &["--media-ports", "'0'", "1 to 65535", "50000-50010"]),
        (SERVER, &["--media-ports", "50010-50000"], &["--media-ports", "'50010-50000'", "as in 50000-50010"]),
        (
            SERVER,
            &["--media-ports", "7", "--advertise", "host:7"],
            &["--advertise", "'host:7'", "192.0.2.1:30082"],
        ),
        (SERVER, &["--advertise", "192.0.2.1:7"], &["--advertise", "--media-ports with a single port"]),
        (SERVER, &["--media-ports", "7-8", "--advertise-file", "x"], &["--media-ports with a single port"]),
        (
            SERVER,
            &["--advertise", "192.0.2.1:7", "--advertise-file", "x"],
            &["--advertise", "cannot be used with"],
        ),
        (SERVER, &["--require", "loss"], &["--require", "'loss'", "key=value"]),
        (SERVER, &["--require", "fps=30"], &["--require", "\"fps\"", "error-p95"]),
        (SERVER, &["--require", "loss=1,error-p95=-1"], &["--require", "\"-1\"", "pixels"]),
        (CLIENT, &["--fault", "lie=1"], &["--fault", "'lie=1'", "offset=5px"]),
        (CLIENT, &["--fault", "drop=101%"], &["--fault", "'drop=101%'", "0 to 100"]),
        (CLIENT, &["--detector", "magic"], &["--detector", "'magic'", "moments or contour"]),
        (CLIENT, &["--server", "nowhere"], &["--server", "'nowhere'", "port"]),
        (CLIENT, &["--server", "::1:8080"], &["--server", "brackets"]),
        (CLIENT, &["--id", "two\nlines"], &["--id", "control characters"]),
        (CLIENT, &["--id", "turned\u{202e}"], &["--id", "invisible characters"]),
        (CLIENT, &["--server", "http://server:8080"], &["--server", "URL"]),
        (CLIENT, &["--server", "[::1]"], &["--server", "port is missing"]),
        (SERVER, &["--summary", ""], &["--summary", "must be a file, or - for stdout"]),
        (CLIENT, &["--summary", "newdir/"], &["--summary", "'newdir/'", "must be a file"]),
        (CLIENT, &["--node", &"n".repeat(254)], &["--node", "1 to 253 bytes"]),
        (SERVER, &["--report-url", "http://operator:8080/v1/reports"], &["required", "--report-token-file"]),
        (CLIENT, &["--report-token-file", "token"], &["required", "--report-url"]),
        (
            CLIENT,
            &["--report-url", "operator:8080"],
            &["--report-url", "'operator:8080'", "http[s]://HOST:PORT"],
        ),
        (
            SERVER,
            &["--report-url", "https://operator/", "--report-token-file", "token"],
            &["--report-ca-file is missing", "https://operator/ is https"],
        ),
        (
            CLIENT,
            &[
                "--report-url",
                "http://operator/",
                "--report-tls-url",
                "https://operator/",
                "--report-token-file",
                "token",
            ],
            &["--report-ca-file is missing", "https://operator/ is https"],
        ),
        (CLIENT, &["--report-ca-file", "ca.crt"], &["required", "--report-url"]),
        (CLIENT, &["--give-up-after", "soon"], &["--give-up-after", "'soon'", "30s"]),
    ];
    for (program, arguments, words) in cases {
        assert_refused(&Program::run(program, arguments), 2, words);
    }
}

#[test]
fn a_variable_is_checked_as_its_flag_is() {
    let server = Program::start_with(SERVER, &[], &[("BALLSESSION_WIDTH", "641")]).finish();
    assert_refused(&server, 2, &["BALLSESSION_WIDTH", "--width", "'641'", "even"]);
    let verbose = Program::start_with(SERVER, &["--fps", "0"], &[("BALLSESSION_DURATION", "")]).finish();
    assert_refused(&verbose, 2, &["'0' for '--fps"]);
    let client = Program::start_with(CLIENT, &[], &[("BALLSESSION_FAULT", "offset=1px,lie")]).finish();
    assert_refused(&client, 2, &["--fault", "'lie'"]);
    let reporting = [("BALLSESSION_REPORT_URL", "http://operator:8080/v1/reports")];
    let server = Program::start_with(SERVER, &[], &reporting).finish();
    assert_refused(&server, 2, &["required", "--report-token-file"]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    let server = Program::run(SERVER, &["--listen", &address, "--http", free]);
    assert_refused(&server, 1, &["signalling", &address, "in use"]);
    let server = Program::run(SERVER, &["--listen", free, "--http", &address]);
    assert_refused(&server, 1, &["HTTP", &address, "in use"]);
    let client = Program::run(CLIENT, &["--http", &address]);
    assert_refused(&client, 1, &["HTTP", &address, "in use"]);
}

#[test]
fn a_summary_that_cannot_be_written_is_said_before_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let folder_itself = folder.path().to_str().unwrap();
    let nowhere = folder.path().join("missing/summary.json");
    for target in [folder_itself, nowhere.to_str().unwrap()] {
        for program in [SERVER, CLIENT] {
            let ended = Program::run(program, &["--summary", target]);
            assert_refused(&ended, 1, &["summary", target]);
        }
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for program in [SERVER, CLIENT] {
        let help = Program::run(program, &["--help"]);
        assert_eq!((help.code, &help.stderr[..]), (Some(0), &[][..]), "{help:?}");
        assert!(help.stdout.iter().any(|line| line.contains("--ice-address")), "{help:?}");
        let version = Program::run(program, &["--version"]);
        assert_eq!(version.code, Some(0));
        assert_eq!(version.stdout, [format!("{program} {}", env!("CARGO_PKG_VERSION"))]);
    }
}
