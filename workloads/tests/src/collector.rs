//! An operator, as far as pods see one: takes what is posted and gives the answer of a test's choice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::wait::{WAIT_LIMIT, eventually};

/// What every post to a collector is sent with.
const TOKEN: &str = "a-token-of-tests";
/// The file of the termination message.
const MESSAGE: &str = "termination-log";

type Posts = Arc<Mutex<Vec<String>>>;
type Answer = Arc<Mutex<String>>;

/// A running collector, and the flags with which a program reports to it.
#[derive(Debug)]
pub struct Collector {
    posts: Posts,
    answer: Answer,
    folder: TempDir,
    flags: Vec<String>,
}

impl Collector {
    /// Accepts all posts.
    pub fn start() -> Self {
        Self::answering("202 Accepted")
    }

    /// Answers all posts with this status.
    pub fn answering(status: &'static str) -> Self {
        Self::answering_with(status, String::new())
    }

    /// Answers all posts with this status and this body.
    ///
    /// # Panics
    /// Where there is no port to listen on.
    pub fn answering_with(status: &'static str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (posts, answer) = (Posts::default(), Arc::new(Mutex::new(body)));
        let (taken, given) = (Arc::clone(&posts), Arc::clone(&answer));
        // It goes on until the tests end.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), taken, given) = (stream, Arc::clone(&taken), Arc::clone(&given)) else {
                    return;
                };
                std::thread::spawn(move || serve(&stream, status, &given, &taken));
            }
        });
        Self::at(address, posts, answer)
    }

    /// One at which nobody listens.
    ///
    /// # Panics
    /// Where there is no port that nobody listens on.
    pub fn dead() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self::at(address, Posts::default(), Answer::default())
    }

    fn at(address: SocketAddr, posts: Posts, answer: Answer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let flags = vec![
            "--report-url".into(),
            format!("http://{address}/v1/reports"),
            "--report-token-file".into(),
            file("token", TOKEN),
            "--termination-message".into(),
            file(MESSAGE, ""),
        ];
        Self { posts, answer, folder, flags }
    }

    /// `arguments` of a program, and the flags with which it reports here.
    pub fn flags<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        self.flags.iter().map(String::as_str).chain(arguments.iter().copied()).collect()
    }

    /// Answers all further posts with this body.
    pub fn answer_with(&self, body: String) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = body;
    }

    /// What was posted so far.
    ///
    /// # Panics
    /// Where a post is no `P`.
    pub fn posts<P: DeserializeOwned>(&self) -> Vec<P> {
        let posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let parse = |post: &String| serde_json::from_str(post).unwrap_or_else(|e| panic!("{e} in {post}"));
        posts.iter().map(parse).collect()
    }

    /// Waits until `find` finds something in what was posted.
    ///
    /// # Panics
    /// Where it does not.
    pub fn eventually<P: DeserializeOwned, T>(
        &self,
        what: &str,
        mut find: impl FnMut(&[P]) -> Option<T>,
    ) -> T {
        eventually(what, || find(&self.posts()))
    }

    /// The termination message of the program with these flags.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn termination_message(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(MESSAGE)).unwrap()
    }
}

/// Takes one post. Whatever is wrong with it ends in a panic here, and the post is missed where it is awaited.
fn serve(stream: &TcpStream, status: &str, answer: &Answer, posts: &Posts) {
    stream.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines().map(|line| line.unwrap().to_lowercase());
    assert_eq!(lines.next().as_deref(), Some("post /v1/reports http/1.1"));
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    assert!(head.contains(&format!("authorization: bearer {TOKEN}")), "{head:?}");
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    assert!(body.len() <= report::post::MAX_BYTES);
    posts.lock().unwrap_or_else(PoisonError::into_inner).push(String::from_utf8(body).unwrap());
    let mut stream = stream;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let length = answer.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}")
        .unwrap();
}
