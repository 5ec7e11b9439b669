//! From a program's pictures to encoded ones, on a thread that nothing waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use picture::{I420, I420Buffer, Point};
use tokio::sync::watch;

use crate::rgb::Rgb;
use crate::slot::{SlotReceiver, SlotSender, slot};
use crate::{encode, mark};

/// The least time between two pictures: 5 a second are enough to see that a ball moves.
pub const INTERVAL: Duration = Duration::from_millis(200);

/// How much the encoder stands back for threads that have a frame to send or to decode, on the scale of nice(2).
const NICENESS: i32 = 10;

/// Takes pictures from a program and has them encoded while somebody watches. Clones share everything; the encoder
/// ends with the last one.
#[derive(Debug, Clone)]
pub struct Preview(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    jobs: SlotSender<Job>,
    published: Arc<Published>,
    started: Instant,
    /// When the next picture is due, in milliseconds since `started`.
    due: AtomicU64,
}

#[derive(Debug)]
struct Job {
    picture: I420Buffer,
    mark: Option<Point>,
}

#[derive(Debug)]
struct Published {
    /// The latest picture as PNG, empty before the first. Whoever subscribes watches, until the receiver is dropped.
    pictures: watch::Sender<Bytes>,
    encoded: AtomicU64,
}

impl Preview {
    /// Starts the encoder's thread, which sleeps until there is a picture.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, queue) = slot();
        let published =
            Arc::new(Published { pictures: watch::Sender::new(Bytes::new()), encoded: AtomicU64::new(0) });
        let inner = Inner {
            jobs,
            published: Arc::clone(&published),
            started: Instant::now(),
            due: AtomicU64::new(0),
        };
        std::thread::Builder::new().name("preview".into()).spawn(move || run(&queue, &published))?;
        Ok(Self(Arc::new(inner)))
    }

    /// Whether somebody watches and the next picture is due at `now`. Cheap enough to ask for every frame: one atomic
    /// load while nobody does.
    pub fn wants(&self, now: Instant) -> bool {
        self.watchers() > 0 && self.milliseconds(now) >= self.0.due.load(Relaxed)
    }

    /// Copies `picture` to be encoded with a cross at `mark`, and returns at once. A picture that has been waiting is
    /// replaced. The next one is due [`INTERVAL`] after `now`.
    pub fn offer(&self, picture: I420<'_>, mark: Option<Point>, now: Instant) {
        self.0.due.store(self.milliseconds(now + INTERVAL), Relaxed);
        self.0.jobs.put(Job { picture: picture.into(), mark });
    }

    /// Pictures encoded so far.
    pub fn encoded(&self) -> u64 {
        self.0.published.encoded.load(Relaxed)
    }

    /// Requests now that wait for pictures.
    pub fn watchers(&self) -> usize {
        self.0.published.pictures.receiver_count()
    }

    /// Watches: every picture that is encoded from now on, or the latest where there were several since the last one taken.
    /// Pictures are encoded until this is dropped.
    pub(crate) fn watch(&self) -> watch::Receiver<Bytes> {
        self.0.published.pictures.subscribe()
    }

    fn milliseconds(&self, at: Instant) -> u64 {
        // Half a billion years fit.
        at.saturating_duration_since(self.0.started).as_millis() as u64
    }
}

fn run(jobs: &SlotReceiver<Job>, published: &Published) {
    // Applies to this thread alone on Linux; where it is refused, the encoder competes like everybody.
    let _ = rustix::process::nice(NICENESS);
    while let Some(Job { picture, mark }) = jobs.take() {
        let mut picture = Rgb::from(picture.view());
        if let Some(mark) = mark {
            mark::draw(&mut picture, mark);
        }
        match encode::png(&picture) {
            Ok(png) => published.pictures.send_modify(|latest| {
                *latest = png.into();
                // In here, so that whoever has seen the picture also finds it counted.
                published.encoded.fetch_add(1, Relaxed);
            }),
            Err(error) => tracing::warn!(%error, "a picture for viewers was not encoded"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use picture::Size;

    use super::*;

    pub(crate) fn grey(luma: u8) -> I420Buffer {
        I420Buffer::filled(Size::new(64, 48).unwrap(), luma, 128, 128)
    }

    #[test]
    fn pictures_are_wanted_while_somebody_watches_and_at_most_5_a_second() {
        let preview = Preview::start().unwrap();
        let now = Instant::now();
        assert!(!preview.wants(now));
        let watching = preview.watch();
        assert!(preview.wants(now));
        preview.offer(grey(50).view(), None, now);
        assert!(!preview.wants(now + INTERVAL - Duration::from_millis(1)));
        assert!(preview.wants(now + INTERVAL));
        drop(watching);
        assert!(!preview.wants(now + INTERVAL * 9));
    }

    #[tokio::test]
    async fn a_picture_is_encoded_once_for_all_with_its_mark() {
        let preview = Preview::start().unwrap();
        let mut watching = [preview.watch(), preview.watch(), preview.watch()];
        preview.offer(grey(126).view(), Some(Point { x: 30.0, y: 20.0 }), Instant::now());
        for watching in &mut watching {
            watching.changed().await.unwrap();
            let picture = encode::decode(&watching.borrow());
            let pixel = |x: usize, y: usize| &picture.data[(y * 64 + x) * 3..][..3];
            assert_eq!((pixel(30, 20), pixel(34, 20)), (&[128; 3][..], &mark::COLOUR[..]));
        }
        assert_eq!(preview.encoded(), 1);
    }

    #[tokio::test]
    async fn watching_ends_with_the_last_handle() {
        let preview = Preview::start().unwrap();
        let mut watching = preview.clone().watch();
        drop(preview);
        assert!(watching.changed().await.is_err());
    }
}
