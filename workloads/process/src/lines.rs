//! Lines that a thread of its own writes, so that nobody waits for a terminal that was stopped, or for a pipe that nobody
//! reads (L5).

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::time::{Duration, Instant};

/// What may wait; further lines are left out, and counted.
const QUEUE: usize = 4096;

/// How often it is tried whether there is room for the last line.
const ROOM_INTERVAL: Duration = Duration::from_millis(5);

/// Where lines go. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    queue: SyncSender<Item>,
    left_out: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    Flush(Sender<()>),
}

impl Lines {
    /// Writes to `output` from now on.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub(crate) fn start(name: &str, output: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (queue, items) = sync_channel(QUEUE);
        let left_out = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&left_out);
        std::thread::Builder::new().name(name.into()).spawn(move || write(&items, output, &counted))?;
        Ok(Self { queue, left_out })
    }

    /// Writes `line`, which ends with a newline, unless too many wait already.
    pub(crate) fn line(&self, line: Vec<u8>) {
        if self.queue.try_send(Item::Line(line)).is_err() {
            self.left_out.fetch_add(1, Relaxed);
        }
    }

    /// Writes `line`, which ends with a newline, behind all others, and waits for that, but no longer than `limit`.
    pub(crate) fn last_line(&self, line: Vec<u8>, limit: Duration) {
        let deadline = Instant::now() + limit;
        self.send_until(Item::Line(line), deadline);
        self.flush_until(deadline);
    }

    /// Waits until all lines so far are written, but no longer than `limit`.
    pub(crate) fn flush(&self, limit: Duration) {
        self.flush_until(Instant::now() + limit);
    }

    fn flush_until(&self, deadline: Instant) {
        let (flushed, is_flushed) = channel();
        self.send_until(Item::Flush(flushed), deadline);
        let _ = is_flushed.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }

    /// Waits for room: the channel has no such call.
    fn send_until(&self, mut item: Item, deadline: Instant) {
        while let Err(TrySendError::Full(full)) = self.queue.try_send(item) {
            if Instant::now() >= deadline {
                return;
            }
            item = full;
            std::thread::sleep(ROOM_INTERVAL);
        }
    }
}

fn write(items: &Receiver<Item>, mut output: impl Write, left_out: &AtomicU64) {
    while let Ok(item) = items.recv() {
        // A closed pipe is the reader's choice.
        match item {
            Item::Line(line) => drop(output.write_all(&line)),
            Item::Flush(flushed) => {
                let _ = output.flush();
                let _ = flushed.send(());
            }
        }
        let missing = left_out.swap(0, Relaxed);
        if missing > 0 {
            let _ = writeln!(output, "{missing} lines left out: they were not read fast enough");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    /// An output that is stuck until it is let go.
    struct Stuck {
        free: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // Once its other end is dropped nothing is waited for.
            let _ = self.free.recv();
            self.written.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_and_what_is_left_out_is_counted() {
        let (free, is_free) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let lines = Lines::start("test", Stuck { free: is_free, written: Arc::clone(&written) }).unwrap();
        for number in 0..QUEUE + 100 {
            lines.line(format!("{number}\n").into_bytes());
        }
        lines.flush(Duration::from_millis(1));
        drop(free);
        lines.last_line(b"the cause\n".to_vec(), Duration::from_secs(20));
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let (note, lines): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.contains("left out"));
        let left_out: usize = note[0].split(' ').next().unwrap().parse().unwrap();
        assert_eq!((note.len(), lines.len() - 1 + left_out), (1, QUEUE + 100), "{note:?}");
        assert_eq!((lines[0], lines[lines.len() - 1]), ("0", "the cause"), "however full the queue was");
    }
}
