//! How long the process was kept from the processor: the figures of its own cgroup, version 1 or 2.
//!
//! Sources: the kernel's documentation of `cpu.stat` (cgroup-v2.rst, sched-bwc.rst) and of pressure stall information
//! (psi.rst). Three small text files are read here; crates that know cgroups bring their management along.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time since the process asked first; what the system does not tell is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuHindrance {
    /// For so long the quota of the cgroup was used up.
    pub throttled: Option<Duration>,
    /// For so long at least one task of the cgroup could run and had to wait.
    pub pressure: Option<Duration>,
}

/// Where the figures of this process's cgroup are, and what they were at the start.
#[derive(Debug, Clone)]
pub struct Cgroup {
    directory: Option<PathBuf>,
    initial: CpuHindrance,
}

impl Cgroup {
    /// The cgroup of this process. Where there is none to be found, nothing will be told.
    pub fn own() -> Self {
        Self::find(Path::new("/proc/self"))
    }

    /// As [`Cgroup::own`], of the process whose folder below `/proc` this is.
    fn find(process: &Path) -> Self {
        let read = |name| fs::read_to_string(process.join(name)).unwrap_or_default();
        let directory = directory(&read("cgroup"), &read("mountinfo"));
        let initial = directory.as_deref().map(read_hindrance).unwrap_or_default();
        Self { directory, initial }
    }

    /// The figures now. Costs two small files.
    pub fn read(&self) -> CpuHindrance {
        let Some(directory) = &self.directory else { return CpuHindrance::default() };
        let now = read_hindrance(directory);
        let since = |now: Option<Duration>, initial: Option<Duration>| {
            now.map(|now| now.saturating_sub(initial.unwrap_or_default()))
        };
        CpuHindrance {
            throttled: since(now.throttled, self.initial.throttled),
            pressure: since(now.pressure, self.initial.pressure),
        }
    }
}

fn read_hindrance(directory: &Path) -> CpuHindrance {
    let read = |name| fs::read_to_string(directory.join(name)).unwrap_or_default();
    CpuHindrance { throttled: throttled(&read("cpu.stat")), pressure: pressure(&read("cpu.pressure")) }
}

/// Of `cpu.stat`: version 2 has microseconds, version 1 nanoseconds.
fn throttled(stat: &str) -> Option<Duration> {
    stat.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        let value = value.trim().parse().ok()?;
        match name {
            "throttled_usec" => Some(Duration::from_micros(value)),
            "throttled_time" => Some(Duration::from_nanos(value)),
            _ => None,
        }
    })
}

/// Of `cpu.pressure`: the total of the line `some`, in microseconds.
fn pressure(pressure: &str) -> Option<Duration> {
    let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
    let total = some.split_whitespace().find_map(|field| field.strip_prefix("total="))?;
    total.parse().ok().map(Duration::from_micros)
}

/// The folder of the cgroup that has the processor's controller, by `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn directory(cgroup: &str, mountinfo: &str) -> Option<PathBuf> {
    let version_1 = membership(cgroup, |controllers| controllers.split(',').any(|name| name == "cpu"))
        .and_then(|path| {
            let is_cpu = |kind: &str, options: &str| {
                kind == "cgroup" && options.split(',').any(|option| option == "cpu")
            };
            mounted(mountinfo, path, is_cpu)
        });
    // Where both are mounted, a controller belongs to one of them.
    version_1.or_else(|| {
        let path = membership(cgroup, str::is_empty)?;
        mounted(mountinfo, path, |kind, _| kind == "cgroup2")
    })
}

/// The path in the hierarchy whose controllers, as they are listed, fit. A line is `hierarchy:controllers:path`.
fn membership(cgroup: &str, fits: impl Fn(&str) -> bool) -> Option<&str> {
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?;
        fields.next().filter(|_| fits(controllers))
    })
}

/// Where `path` is reachable: below the mount of a fitting kind whose root leads to it. In a container the root often is
/// the process's own cgroup, seen from outside, or the path one that leads out of the mount: then the mount's own folder is the
/// nearest that can be read.
fn mounted(mountinfo: &str, path: &str, fits: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (root, point) = (mount.next()?, mount.next()?);
        let mut filesystem = filesystem.split(' ');
        let (kind, options) = (filesystem.next()?, filesystem.nth(1)?);
        if !fits(kind, options) {
            return None;
        }
        let below = Path::new(path).strip_prefix(root).or_else(|_| Path::new(path).strip_prefix("/"));
        let own = Path::new(point).join(below.unwrap_or(Path::new("")));
        Some(if own.join("cpu.stat").exists() { own } else { PathBuf::from(point) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process in `cgroup`, with one mount of `kind` and `options` whose root is `root`.
    fn process(cgroup: &str, root: &str, kind: &str, options: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let mount = folder.path().join("mount");
        fs::create_dir(&mount).unwrap();
        fs::write(folder.path().join("cgroup"), cgroup).unwrap();
        let line = format!("33 24 0:29 {root} {} rw,nosuid - {kind} none rw,{options}\n", mount.display());
        fs::write(folder.path().join("mountinfo"), format!("1 0 8:1 / / rw - ext4 /dev/a rw\n{line}"))
            .unwrap();
        (folder, mount)
    }

    #[test]
    fn version_2_tells_throttling_and_pressure_since_the_start() {
        let (folder, mount) = process("0::/pods/a\n", "/", "cgroup2", "nsdelegate");
        let own = mount.join("pods/a");
        fs::create_dir_all(&own).unwrap();
        let write = |throttled: u64, total: u64| {
            fs::write(own.join("cpu.stat"), format!("usage_usec 9\nthrottled_usec {throttled}\n")).unwrap();
            let line =
                format!("some avg10=0.00 avg60=0.00 avg300=0.00 total={total}\nfull avg10=0 total=1\n");
            fs::write(own.join("cpu.pressure"), line).unwrap();
        };
        write(1_000, 5_000);
        let cgroup = Cgroup::find(folder.path());
        assert_eq!(cgroup.read().throttled, Some(Duration::ZERO));
        write(3_000, 12_000);
        let (throttled, pressure) = (Some(Duration::from_millis(2)), Some(Duration::from_millis(7)));
        assert_eq!(cgroup.read(), CpuHindrance { throttled, pressure });
    }

    #[test]
    fn version_1_tells_throttling_alone() {
        let (folder, mount) =
            process("5:memory:/m\n4:cpu,cpuacct:/pod/c\n0::/\n", "/pod/c", "cgroup", "cpu,cpuacct");
        fs::write(mount.join("cpu.stat"), "nr_periods 4\nnr_throttled 2\nthrottled_time 500\n").unwrap();
        let cgroup = Cgroup::find(folder.path());
        fs::write(mount.join("cpu.stat"), "nr_periods 4\nnr_throttled 2\nthrottled_time 2000500\n").unwrap();
        let throttled = Some(Duration::from_millis(2));
        assert_eq!(cgroup.read(), CpuHindrance { throttled, pressure: None });
    }

    #[test]
    fn a_path_that_leads_out_of_the_mount_ends_at_the_mount() {
        let (folder, mount) = process("0::/../../elsewhere\n", "/", "cgroup2", "rw");
        fs::write(mount.join("cpu.stat"), "throttled_usec 0\n").unwrap();
        assert_eq!(Cgroup::find(folder.path()).read().throttled, Some(Duration::ZERO));
    }

    #[test]
    fn without_a_cgroup_nothing_is_told() {
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(Cgroup::find(nothing.path()).read(), CpuHindrance::default());
        assert_eq!((throttled("throttled_usec x"), pressure("some total=-1")), (None, None));
    }
}
