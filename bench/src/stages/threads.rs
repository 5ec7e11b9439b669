//! The processor time of other threads of this process, by name.

use std::time::Duration;

use anyhow::Context as _;

/// What the threads called `name` have used of the processor: the kernel's own count, in nanoseconds.
pub(super) fn processor_time(name: &str) -> anyhow::Result<Duration> {
    let mut total = None;
    for task in std::fs::read_dir("/proc/self/task")? {
        let folder = task?.path();
        // A thread may end between two reads; it is none of those that are asked for, which run throughout.
        let Ok(called) = std::fs::read_to_string(folder.join("comm")) else { continue };
        if called.trim_end() != name {
            continue;
        }
        let statistics = std::fs::read_to_string(folder.join("schedstat"))?;
        let nanoseconds = statistics.split(' ').next().context("an empty schedstat")?.parse()?;
        *total.get_or_insert(Duration::ZERO) += Duration::from_nanos(nanoseconds);
    }
    total.with_context(|| format!("no thread is called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_found_by_name() {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (started, runs) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("a-thread".into()).spawn(move || {
            started.send(()).unwrap();
            ended.recv()
        });
        // It is the thread itself that takes its name.
        runs.recv().unwrap();
        assert!(processor_time("a-thread").is_ok());
        drop(end);
        assert!(thread.unwrap().join().unwrap().is_err());
        assert_eq!(processor_time("nobody").unwrap_err().to_string(), "no thread is called nobody");
    }
}
