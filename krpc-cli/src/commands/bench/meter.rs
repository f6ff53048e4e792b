//! What a process has used: CPU time and context switches, as the system counts them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// A process of this machine.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Its folder in `/proc`.
    folder: PathBuf,
}

impl Process {
    /// The one that this runs in.
    pub(super) fn this() -> Self {
        Process { folder: "/proc/self".into() }
    }

    /// The one with this number, if there is one.
    pub(super) fn numbered(pid: u32) -> Self {
        Process { folder: format!("/proc/{pid}").into() }
    }

    /// What it has used up to now.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system has no `/proc`.
    pub(super) fn used(&self) -> io::Result<Used> {
        let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "not understood");
        let stat = fs::read_to_string(self.folder.join("stat"))?;
        let stat = Stat::parse(&stat).ok_or_else(unreadable)?;
        let mut switches = BTreeMap::new();
        for thread in fs::read_dir(self.folder.join("task"))? {
            let thread = thread?;
            // It may have ended since it was listed.
            let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
            let seen = Switches::parse(&status).ok_or_else(unreadable)?;
            switches.insert(thread.file_name(), seen);
        }
        Ok(Used { stat, switches })
    }
}

/// What a process had used at some time.
#[derive(Debug)]
pub(super) struct Used {
    stat: Stat,
    /// Of each of its threads, by number.
    switches: BTreeMap<std::ffi::OsString, Switches>,
}

impl Used {
    /// What it has used since an earlier time; `None` if it is not the same process, its number being that
    /// of another by now. What threads did that have ended since counts as CPU time, not as switches.
    pub(super) fn since(&self, earlier: &Used) -> Option<Spent> {
        let (now, then) = (&self.stat, &earlier.stat);
        if now.started != then.started {
            return None;
        }
        let mut switches = Switches::default();
        for (thread, now) in &self.switches {
            let then = earlier.switches.get(thread).copied().unwrap_or_default();
            switches.voluntary += now.voluntary.saturating_sub(then.voluntary);
            switches.involuntary += now.involuntary.saturating_sub(then.involuntary);
        }
        Some(Spent {
            user: ticks(now.user.saturating_sub(then.user)),
            system: ticks(now.system.saturating_sub(then.system)),
            switches,
        })
    }
}

/// What a process has used from one time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent {
    /// CPU time in the program, to the tick of the system's clock.
    pub(super) user: Duration,
    /// The same in the kernel.
    pub(super) system: Duration,
    pub(super) switches: Switches,
}

/// How often a thread stopped: because it had to wait, and because another one was to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Switches {
    pub(super) voluntary: u64,
    pub(super) involuntary: u64,
}

impl Switches {
    /// Reads what `/proc/PID/task/TID/status` says.
    fn parse(status: &str) -> Option<Switches> {
        let number = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        let (voluntary, involuntary) = ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:");
        Some(Switches { voluntary: number(voluntary)?, involuntary: number(involuntary)? })
    }
}

/// A part of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    /// Ticks.
    user: u64,
    /// Ticks.
    system: u64,
    /// When it began, in ticks since the system did.
    started: u64,
}

impl Stat {
    fn parse(stat: &str) -> Option<Stat> {
        // The second field is the program's name in brackets, which may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<_> = fields.split_ascii_whitespace().collect();
        // They are numbered from 1, and the first of these is the third of all.
        let field = |number: usize| fields.get(number - 3)?.parse().ok();
        Some(Stat { user: field(14)?, system: field(15)?, started: field(22)? })
    }
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_name_may_look_like_anything() {
        let stat = "7 (a) 1 2 (b)) S 1 7 7 0 -1 0 0 0 0 0 31 41 0 0 20 0 3 0 59 0 0\n";
        assert_eq!(Stat::parse(stat), Some(Stat { user: 31, system: 41, started: 59 }));
        assert_eq!(Stat::parse("7 (a) S 1"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn both_kinds_of_switches_are_told_apart() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
        assert_eq!(Switches::parse(status), Some(Switches { voluntary: 12, involuntary: 3 }));
        assert_eq!(Switches::parse("voluntary_ctxt_switches:\t12\n"), None);
    }

    #[test]
    fn switches_of_other_threads_and_cpu_time_are_seen() {
        let process = Process::this();
        let before = process.used().unwrap();
        let (there, theirs) = mpsc::channel::<()>();
        let (here, ours) = mpsc::channel();
        let thread = thread::spawn(move || {
            theirs.iter().for_each(|()| here.send(()).unwrap());
        });
        // Each waits for the other, as often as it takes to move a clock that ticks.
        let spent = loop {
            there.send(()).unwrap();
            ours.recv().unwrap();
            let spent = process.used().unwrap().since(&before).unwrap();
            if spent.user + spent.system > Duration::ZERO && spent.switches.voluntary > 0 {
                break spent;
            }
        };
        assert!(spent.user + spent.system < Duration::from_secs(3_600), "{spent:?}");
        drop(there);
        thread.join().unwrap();
    }

    fn used(started: u64, ticks: u64, switches: &[(&str, u64)]) -> Used {
        let switches = switches.iter().map(|(thread, times)| {
            (thread.into(), Switches { voluntary: *times, involuntary: 2 * times })
        });
        let stat = Stat { user: ticks, system: 2 * ticks, started };
        Used { stat, switches: switches.collect() }
    }

    #[test]
    fn threads_that_came_count_in_full_and_those_that_went_do_not() {
        let before = used(5, 0, &[("7", 10), ("8", 100)]);
        let spent = used(5, 0, &[("7", 13), ("9", 4)]).since(&before).unwrap();
        assert_eq!(spent.switches, Switches { voluntary: 7, involuntary: 14 });
    }

    #[test]
    fn another_process_of_the_same_number_is_another() {
        let second = clock_ticks_per_second();
        let before = used(5, second, &[]);
        let spent = used(5, 3 * second, &[]).since(&before).unwrap();
        assert_eq!((spent.user.as_secs(), spent.system.as_secs()), (2, 4));
        assert!(used(6, 3 * second, &[]).since(&before).is_none());
    }

    #[test]
    fn no_process_has_the_largest_number() {
        let error = Process::numbered(u32::MAX).used().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
