//! Processors: which there are, and who has used them for how long.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// The processors that this thread may run on.
pub fn processors() -> Vec<usize> {
    let set = sched_getaffinity(None).expect("a thread may ask for its own");
    (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}

/// Binds this thread, and those that it begins from now on, to some processors.
pub fn stay_on(processors: &[usize]) {
    let mut set = CpuSet::new();
    processors.iter().for_each(|cpu| set.set(*cpu));
    sched_setaffinity(None, &set).expect("it was allowed to run there");
}

/// The processor time that this process has used, the kernel's for it included.
pub fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("it began at 0")
}

/// What the threads of a process have used so far; of those that have ended, nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Processor time in nanoseconds, the kernel's for it included.
    pub nanos: f64,
    /// Switches from one of its threads to another, voluntary or not.
    pub switches: f64,
}

impl Used {
    /// What a process has used, by its number.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn by(process: u32) -> Self {
        let mut used = Used::default();
        for thread in threads(process) {
            let read = |file| fs::read_to_string(thread.join(file)).unwrap_or_default();
            let first = |text: &str| text.split_whitespace().next().and_then(|n| n.parse().ok());
            used.nanos += first(&read("schedstat")).unwrap_or(0.0);
            let status = read("status");
            let switches = status.lines().filter_map(|line| line.split_once("_ctxt_switches:"));
            used.switches += switches.filter_map(|(_, n)| first(n)).sum::<f64>();
        }
        used
    }

    /// What was used since.
    pub fn since(self, before: Used) -> Used {
        Used { nanos: self.nanos - before.nanos, switches: self.switches - before.switches }
    }
}

/// The threads of a process, as folders.
///
/// # Panics
///
/// If there is no such process.
pub fn threads(process: u32) -> Vec<PathBuf> {
    let folder = fs::read_dir(format!("/proc/{process}/task")).expect("the process lives");
    folder.filter_map(|thread| Some(thread.ok()?.path())).collect()
}
