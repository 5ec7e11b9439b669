//! A peer that signals any bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use ballsession_tests::{Server, WAIT_LIMIT};
use report::{ErrorCode, ErrorEntry};

/// A connection to the server's signalling, its offer read.
pub(crate) struct RawPeer {
    pub(crate) stream: BufReader<TcpStream>,
    pub(crate) offer: String,
}

impl RawPeer {
    pub(crate) fn dial(server: &Server) -> Self {
        let stream = TcpStream::connect(server.signaling()).unwrap();
        stream.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let offer: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(offer["type"], "offer");
        Self { stream, offer: offer["sdp"].as_str().unwrap().to_owned() }
    }

    /// Sends bytes; a server that has closed by then is no failure.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    pub(crate) fn answer(&mut self, sdp: &str) {
        let answer = serde_json::json!({"type": "answer", "sdp": sdp});
        self.send(format!("{answer}\n").as_bytes());
    }

    /// Asserts that the server says bye and closes. An end of file without a bye leaves some peers spinning.
    pub(crate) fn assert_bye(mut self) {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest.trim(), r#"{"type":"bye"}"#);
    }
}

/// Waits until the server has counted `count` errors of this code.
pub(crate) fn counted(server: &Server, code: ErrorCode, count: u64) -> ErrorEntry {
    server.eventually(&format!("{count} {code}"), |status| {
        status.errors.iter().find(|error| error.code == code && error.count >= count).cloned()
    })
}
