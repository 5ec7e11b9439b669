//! Processor time, which unlike time on the clock does not depend on what else the machine does.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What the calling thread has used of the processor.
pub(crate) fn of_this_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// What all threads of this process, those that have ended included, have used of the processor.
pub(crate) fn of_this_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    // Both clocks begin at zero and only grow.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_on_both_clocks_and_that_of_others_only_on_the_process() {
        let (thread, process) = (of_this_thread(), of_this_process());
        let worker = std::thread::spawn(|| {
            let began = of_this_thread();
            while of_this_thread() - began < Duration::from_millis(20) {
                std::hint::black_box(began);
            }
        });
        worker.join().unwrap();
        assert!(of_this_process() - process >= Duration::from_millis(20));
        assert!(of_this_thread() - thread < of_this_process() - process);
    }
}
