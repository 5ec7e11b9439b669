//! Where posts go to: the addresses behind the host of their URL, by a resolver that may be slow.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

/// How long the first answer is waited for. glibc asks each name server twice and waits 5 s for each answer, and again for
/// each search domain: where the answer for one family is swallowed on the way, the other one's comes after 10 to 20 s.
const RESOLVE_LIMIT: Duration = Duration::from_secs(25);

/// How long a later one is waited for: a Service keeps its addresses, and a verdict must not wait.
const PATIENCE: Duration = Duration::from_secs(2);

type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Finds the addresses of one host. It asks one question at a time: one that is not answered in time is waited for by the
/// next post.
pub(super) struct Resolver {
    ask: Box<dyn Fn() -> Lookup + Send>,
    asked: Option<Lookup>,
    known: Vec<SocketAddr>,
}

impl Resolver {
    /// Asks the system's resolver, on threads that hold up nothing else.
    pub(super) fn new(host: String, port: u16) -> Self {
        Self::asking(move || {
            let host = host.clone();
            Box::pin(async move { Ok(lookup_host((host.as_str(), port)).await?.collect()) })
        })
    }

    fn asking(ask: impl Fn() -> Lookup + Send + 'static) -> Self {
        Self { ask: Box::new(ask), asked: None, known: Vec::new() }
    }

    /// The addresses, or those of the last answer where there is none for a while. Dropping the future loses no answer.
    ///
    /// # Errors
    /// Where there is no address, or the resolver does not answer.
    pub(super) async fn addresses(&mut self) -> io::Result<Vec<SocketAddr>> {
        let limit = if self.known.is_empty() { RESOLVE_LIMIT } else { PATIENCE };
        let asked = self.asked.get_or_insert_with(|| (self.ask)());
        let Ok(answer) = timeout(limit, asked).await else {
            return if self.known.is_empty() { Err(silent()) } else { Ok(self.known.clone()) };
        };
        self.asked = None;
        self.known = answer?;
        if self.known.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        Ok(self.known.clone())
    }
}

fn silent() -> io::Error {
    let limit = RESOLVE_LIMIT.as_secs();
    io::Error::new(io::ErrorKind::TimedOut, format!("the resolver has not answered for {limit} s"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use tokio::time::{Instant, sleep};

    use super::*;

    /// Answers question after question after so many seconds, and counts them.
    fn answering(seconds: &'static [u64]) -> (Resolver, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let ask = move || -> Lookup {
            let number = counted.fetch_add(1, Relaxed);
            Box::pin(async move {
                sleep(Duration::from_secs(seconds[number])).await;
                Ok(vec![address(number)])
            })
        };
        (Resolver::asking(ask), asked)
    }

    fn address(number: usize) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, u8::try_from(number).unwrap()], 8080))
    }

    /// P17: with 3 s for resolver and request together no post ever got through.
    #[tokio::test(start_paused = true)]
    async fn the_first_answer_is_waited_for_longer_than_glibc_waits_for_one_family() {
        let (mut resolver, _) = answering(&[20]);
        assert_eq!(resolver.addresses().await.unwrap(), [address(0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn later_posts_do_not_wait_for_a_resolver_that_fell_silent_and_take_its_answer_once_it_is_there() {
        let (mut resolver, asked) = answering(&[0, 5, 0]);
        let begun = Instant::now();
        for (seconds, number) in [(0, 0), (2, 0), (4, 0), (5, 1), (5, 2)] {
            assert_eq!(resolver.addresses().await.unwrap(), [address(number)]);
            assert_eq!(begun.elapsed().as_secs(), seconds);
        }
        assert_eq!(asked.load(Relaxed), 3, "one question at a time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_never_answered_is_named() {
        let (mut resolver, asked) = answering(&[60]);
        let begun = Instant::now();
        let error = resolver.addresses().await.unwrap_err();
        assert_eq!(error.to_string(), "the resolver has not answered for 25 s");
        assert_eq!(begun.elapsed().as_secs(), 25);
        resolver.addresses().await.unwrap_err();
        assert_eq!(resolver.addresses().await.unwrap(), [address(0)], "the same question's");
        assert_eq!((begun.elapsed().as_secs(), asked.load(Relaxed)), (60, 1));
    }
}
