//! What peers and what stands between them make of such descriptions: each kind of it, for each of them.

use crate::roles::{Server, receive};
use crate::structure::check_answer;
use crate::table::{Captured, Role, usable};

type Change = fn(&str) -> String;

/// Rewrites each line; `None` drops it.
fn each_line(sdp: &str, change: impl Fn(&str) -> Option<String>) -> String {
    sdp.lines().filter_map(|line| Some(change(line)? + "\r\n")).collect()
}

/// Puts lines behind the `c=` of every section, which all stacks write.
fn in_sections(sdp: &str, lines: &str) -> String {
    let mut in_section = false;
    each_line(sdp, |line| {
        Some(if line.starts_with("c=") { format!("{line}\r\n{lines}") } else { line.to_owned() })
    })
    .lines()
    .filter(|line| {
        in_section |= line.starts_with("m=");
        in_section || !line.starts_with("a=candidate")
    })
    .map(|line| format!("{line}\r\n"))
    .collect()
}

fn odd_candidates(sdp: &str) -> String {
    let odd = [
        "a=candidate:1 1 udp 1 fe80::1%eth0 5000 typ host",
        "a=candidate:2 1 udp 1 [2001:db8::1] 5000 typ host",
        "a=candidate:3 1 udp 1 9d6d1d0c-0c4a-4a5b-8a0e-0f4f8f9d2c1b.local 5000 typ host",
        "a=candidate:4 1 udp 1 peer.example.org 5000 typ host",
        "a=candidate:5 1 tcp 1 192.0.2.1 9 typ host tcptype active",
        "a=candidate:6 1 ssltcp 1 192.0.2.1 443 typ host",
        "a=candidate:7 1 quic 1 192.0.2.1 5000 typ host",
        "a=candidate:8 1 udp 4294967296 192.0.2.1 5000 typ host",
        "a=candidate:9 1 udp -5 192.0.2.1 5000 typ host",
        "a=candidate:10 1 udp 1 192.0.2.1 70000 typ host",
        "a=candidate:11 1 udp 1 192.0.2.1 0 typ host",
        "a=candidate:12 1 udp 1 192.0.2.1 5000 typ satellite",
        "a=candidate:13 256 udp 1 192.0.2.1 5000 typ host",
        "a=candidate:14 1 udp 1 192.0.2.1 5000",
        "a=candidate:15",
        "a=candidate:16 1 udp 1 192.0.2.1 5000 typ srflx raddr",
        "a=candidate:17 1 UDP 1 ::ffff:192.0.2.1 5000 typ host generation 0",
    ];
    in_sections(sdp, &odd.join("\r\n"))
}

fn fingerprints(sdp: &str, change: impl Fn(&str) -> String) -> String {
    each_line(sdp, |line| {
        let hash = line.strip_prefix("a=fingerprint:sha-256 ").map(&change);
        Some(hash.unwrap_or_else(|| line.to_owned()))
    })
}

fn many_hashes(hash: &str) -> String {
    let longer = vec!["AB"; 64].join(":");
    format!("a=fingerprint:shake9 00\r\na=fingerprint:sha-512 {longer}\r\na=fingerprint:sha-256 {hash}")
}

fn without_channel(sdp: &str) -> String {
    let reject = |section: &str| {
        let (line, rest) = section.split_once("\r\n").unwrap();
        let (start, port) = ("application ", line.split(' ').nth(1).unwrap());
        let line = line.replacen(&format!("{start}{port}"), &format!("{start}0"), 1);
        format!("{line}\r\n{}", rest.replace("a=bundle-only\r\n", ""))
    };
    let sections = sdp.split("m=").map(|section| match section.starts_with("application ") {
        true => reject(section),
        false => section.to_owned(),
    });
    sections.collect::<Vec<_>>().join("m=")
}

/// Each with the row that it is of.
const CHANGES: [(&str, Change); 15] = [
    ("P9 DTLS client", |sdp| sdp.replace("a=setup:actpass", "a=setup:active")),
    ("P9 DTLS server", |sdp| sdp.replace("a=setup:actpass", "a=setup:passive")),
    ("P10 odd candidates", odd_candidates),
    ("P10 no candidates", |sdp| {
        each_line(sdp, |line| (!line.contains("candidate")).then(|| line.to_owned()))
    }),
    ("P11 capitals", |sdp| fingerprints(sdp, |hash| format!("a=fingerprint:SHA-256 {hash}"))),
    ("P11 two spaces", |sdp| fingerprints(sdp, |hash| format!("a=fingerprint:sha-256  {hash}"))),
    ("P11 others first", |sdp| fingerprints(sdp, many_hashes)),
    ("P11 small letters", |sdp| {
        fingerprints(sdp, |hash| format!("a=fingerprint:sha-256 {}", hash.to_ascii_lowercase()))
    }),
    ("P12 no direction", |sdp| {
        let directions = ["a=sendrecv", "a=sendonly", "a=recvonly"];
        each_line(sdp, |line| (!directions.contains(&line)).then(|| line.to_owned()))
    }),
    ("P13 a rejected section", |sdp| {
        format!(
            "{sdp}m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:rejected\r\na=ice-ufrag:else\r\n\
             a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AB\r\na=rtpmap:96 VP8/90000\r\n"
        )
    }),
    ("P13 the old syntax of data channels", |sdp| {
        each_line(sdp, |line| {
            Some(match line.strip_suffix(" UDP/DTLS/SCTP webrtc-datachannel") {
                Some(start) => format!("{start} DTLS/SCTP 5000"),
                None => line.replace("a=sctp-port:5000", "a=sctpmap:5000 webrtc-datachannel 1024"),
            })
        })
    }),
    ("P13 no bundle", |sdp| each_line(sdp, |line| (!line.starts_with("a=group")).then(|| line.to_owned()))),
    ("a rejected channel", without_channel),
    ("empty lines", |sdp| sdp.replace("\r\n", "\r\n\r\n")),
    ("line feeds alone", |sdp| sdp.replace("\r\n", "\n")),
];

async fn check(server: &Server, file: &Captured, change: &str, sdp: &str) {
    let name = format!("{change}: {}", file.name);
    let failed = |error: &dyn std::fmt::Display| -> ! { panic!("{name}: {error}\n{sdp}") };
    match file.role {
        Role::Sends => {
            let answer = receive(sdp).await.unwrap_or_else(|error| failed(&error));
            check_answer(&name, sdp, &answer, "recvonly");
        }
        Role::Watches => {
            let answer = server.accept(sdp).await.unwrap_or_else(|error| failed(&error));
            check_answer(&name, sdp, &answer, "sendonly");
        }
        Role::Answers => server.answer(sdp).await.unwrap_or_else(|error| failed(&error)),
    }
}

#[tokio::test]
async fn every_stack_may_write_it_in_every_way() {
    let server = Server::start();
    for file in [Role::Sends, Role::Watches, Role::Answers].into_iter().flat_map(usable) {
        for (change, apply) in CHANGES {
            check(&server, &file, change, &apply(&file.sdp)).await;
        }
    }
}

/// P13: an offer may have all but its first section within the bundle alone (RFC 9143, section 6).
#[tokio::test]
async fn sections_may_be_within_the_bundle_only() {
    let server = Server::start();
    for file in [Role::Sends, Role::Watches].into_iter().flat_map(usable) {
        let mut sections = file.sdp.split("m=");
        let mut sdp: String = sections.next().unwrap().to_owned();
        sdp.extend(sections.next().map(|first| format!("m={first}")));
        for section in sections {
            let mut words: Vec<&str> = section.splitn(3, ' ').collect();
            words[1] = "0";
            let (line, rest) = words[2].split_once("\r\n").unwrap();
            let transport = ["a=candidate", "a=ice-", "a=fingerprint", "a=setup", "a=end-of"];
            let rest = each_line(rest, |line| {
                (!transport.iter().any(|key| line.starts_with(key))).then(|| line.to_owned())
            });
            sdp += &format!("m={} 0 {line}\r\na=bundle-only\r\n{rest}", words[0]);
        }
        check(&server, &file, "bundle-only", &sdp).await;
    }
}
