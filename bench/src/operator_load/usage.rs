//! What a process uses, as the kernel says.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Of /proc/…/stat, a hundredth of a second each.
const TICKS_PER_SECOND: u64 = 100;

/// The memory of a process, in megabytes: what is resident now, and the most that was.
pub(super) fn memory(pid: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the operator has ended")?;
    Ok((megabytes(&status, "VmRSS:")?, megabytes(&status, "VmHWM:")?))
}

/// The processor time that it has used.
pub(super) fn processor(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the operator has ended")?;
    ticks(&stat).map(|ticks| Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// Its open descriptors, and its threads.
pub(super) fn handles(pid: u32) -> Result<(usize, usize)> {
    let count = |folder: &str| {
        let entries = fs::read_dir(format!("/proc/{pid}/{folder}")).context("the operator has ended")?;
        Ok::<_, anyhow::Error>(entries.count())
    };
    Ok((count("fd")?, count("task")?))
}

fn megabytes(status: &str, field: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes / 1024.0).with_context(|| format!("no {field} of the operator"))
}

/// User and system time: the 14th and 15th field, counted behind the name, which may have blanks in it.
fn ticks(stat: &str) -> Result<u64> {
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    times.sum::<Result<_, _>>().context("no times in stat")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let status = "Name:\to\nVmHWM:\t   4096 kB\nVmRSS:\t   2048 kB\n";
        assert_eq!((megabytes(status, "VmRSS:").unwrap(), megabytes(status, "VmHWM:").unwrap()), (2.0, 4.0));
        assert!(megabytes(status, "VmSwap:").is_err());
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 100";
        assert_eq!(ticks(stat).unwrap(), 300);
        let (descriptors, threads) = handles(std::process::id()).unwrap();
        assert!(descriptors >= 3 && threads >= 1);
        assert!(memory(std::process::id()).unwrap().0 > 1.0 && processor(std::process::id()).is_ok());
    }
}
