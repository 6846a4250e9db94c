//! Who used the processors, as Linux counts it.

use std::{fs, time::Instant};

use serde::Serialize;

use crate::{Result, stats::number};

/// Ticks a second in what /proc tells of processes: the same on every common architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processes that a measurement is about, besides this one, which is load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watched {
    pub server: Option<u32>,
    /// The first process of PostgreSQL, whose children are its backends.
    pub database: Option<u32>,
    /// Another load generator.
    pub load: Option<u32>,
}

/// How many processors each used on the average.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    pub server: f64,
    pub database: f64,
    pub load: f64,
    /// Everybody else on this machine, and what its host took away: what disturbed the measurement.
    pub others: f64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    at: Instant,
    server: u64,
    database: u64,
    load: u64,
    machine: u64,
}

impl Watched {
    pub fn snapshot(&self) -> Result<Snapshot> {
        let of = |pid: Option<u32>| {
            pid.map_or(Ok(0), |pid| {
                Process::read(&pid.to_string()).map(|read| read.own)
            })
        };
        Ok(Snapshot {
            at: Instant::now(),
            server: of(self.server)?,
            database: self.database.map_or(Ok(0), family)?,
            load: Process::read("self")?.own + of(self.load)?,
            machine: machine()?,
        })
    }

    /// How many processors each used since then.
    pub fn since(&self, begin: &Snapshot) -> Result<Usage> {
        let end = self.snapshot()?;
        let seconds = (end.at - begin.at).as_secs_f64();
        let used = |end: u64, begin: u64| {
            number(end.saturating_sub(begin)) / TICKS_PER_SECOND / seconds.max(f64::EPSILON)
        };
        let server = used(end.server, begin.server);
        let database = used(end.database, begin.database);
        let load = used(end.load, begin.load);
        let others = used(end.machine, begin.machine) - server - database - load;
        Ok(Usage {
            server,
            database,
            load,
            others: others.max(0.0),
        })
    }
}

/// The average number of processes that wanted a processor in the last minute.
pub fn load_average() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let first = text.split(' ').next().unwrap_or_default();
    Ok(first.parse()?)
}

/// The process's parent.
pub fn parent(pid: u32) -> Result<u32> {
    Ok(Process::read(&pid.to_string())?.parent)
}

/// The memory that a process holds, in KiB.
pub fn resident_kib(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.ok_or("no VmRSS")?.trim().trim_end_matches(" kB");
    Ok(kib.parse()?)
}

/// What /proc tells of a process, in ticks.
#[derive(Debug)]
struct Process {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Process {
    fn read(pid: &str) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| format!("/proc/{pid}/stat is not understood").into())
    }

    fn parse(text: &str) -> Option<Self> {
        // The name, in parentheses, may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields = rest.split_whitespace().collect::<Vec<_>>();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: ticks(11)? + ticks(12)?,
            ended_children: ticks(13)? + ticks(14)?,
        })
    }
}

/// A process and its children, those that have ended included.
fn family(pid: u32) -> Result<u64> {
    let first = Process::read(&pid.to_string())?;
    let mut sum = first.own + first.ended_children;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        if let Ok(child) = Process::read(child)
            && child.parent == pid
        {
            sum += child.own;
        }
    }
    Ok(sum)
}

/// All that was not idle.
fn machine() -> Result<u64> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; what guests use is in `user`.
    let ticks = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .map(str::parse::<u64>)
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let idle = |index: usize| index == 3 || index == 4;
    Ok(ticks
        .iter()
        .enumerate()
        .filter(|(index, _)| !idle(*index))
        .map(|(_, ticks)| ticks)
        .sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let text = "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 30 5 20 0 1 0 12345 1 1";
        let process = Process::parse(text).unwrap();
        assert_eq!(process.parent, 7);
        assert_eq!(process.own, 120);
        assert_eq!(process.ended_children, 35);
        assert!(Process::parse("42 (a) S").is_none());
    }
}
