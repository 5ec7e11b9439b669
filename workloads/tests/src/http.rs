//! The little of HTTP that health checks and scrapes need.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::wait::WAIT_LIMIT;

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Its status code.
    pub code: u16,
    /// Its content type.
    pub content_type: String,
    /// What it says.
    pub body: String,
}

/// GETs `path`; `None` where nobody answers.
///
/// # Panics
/// Where the answer is not HTTP.
pub fn get(address: SocketAddr, path: &str) -> Option<Response> {
    get_accepting(address, path, "*/*")
}

/// As [`get`], for who takes answers of some kinds alone.
///
/// # Panics
/// Where the answer is not HTTP.
pub fn get_accepting(address: SocketAddr, path: &str, accept: &str) -> Option<Response> {
    let answer = exchange(address, path, accept).ok().filter(|answer| !answer.is_empty())?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {answer}"));
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| Some(line.split_once(": ")?.1.to_owned());
    let content_type = head.lines().find(|line| line.to_lowercase().starts_with("content-type: "));
    let content_type = content_type.and_then(header).unwrap_or_default();
    Some(Response { code, content_type, body: body.to_owned() })
}

fn exchange(address: SocketAddr, path: &str, accept: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, WAIT_LIMIT)?;
    stream.set_read_timeout(Some(WAIT_LIMIT))?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
