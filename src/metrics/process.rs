//! The process as its kernel sees it, by the names that such figures have everywhere. On systems without `/proc` there
//! are none.

use std::{fs, str::FromStr, time::Duration};

use prometheus_client::{
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

/// What a tick is in every figure that Linux tells, whatever the kernel's own are.
const TICK: Duration = Duration::from_millis(10);

/// Registers what can be found out.
pub fn register(registry: &mut Registry) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (status, stat) = (read("/proc/self/status"), read("/proc/self/stat"));
    let mut gauge = |name: &str, help: &str, value: Option<i64>| {
        if let Some(value) = value {
            registry.register(name, help, ConstGauge::new(value));
        }
    };
    gauge(
        "process_resident_memory_bytes",
        "Memory that the process has of the machine",
        entry(&status, "VmRSS:").map(|kibibytes: i64| kibibytes * 1024),
    );
    gauge(
        "process_threads",
        "Threads of the process",
        entry(&status, "Threads:"),
    );
    gauge(
        "process_open_fds",
        "Open files and sockets",
        open_files().and_then(|files| files.try_into().ok()),
    );
    gauge(
        "process_max_fds",
        "How many files and sockets the process may have open",
        entry(&read("/proc/self/limits"), "Max open files"),
    );
    if let (Some(begun), Some(booted)) = (
        ticks(&stat, &[STARTED]),
        entry(&read("/proc/stat"), "btime").map(Duration::from_secs),
    ) {
        let begun = ConstGauge::new((booted + begun).as_secs_f64());
        let help = "When the process began, since 1970";
        registry.register_with_unit("process_start_time", help, Unit::Seconds, begun);
    }
    if let Some(worked) = ticks(&stat, &[IN_USER_MODE, IN_KERNEL]) {
        let help = "Time of processors that the process has had";
        let worked = ConstCounter::new(worked.as_secs_f64());
        registry.register_with_unit("process_cpu", help, Unit::Seconds, worked);
    }
}

/// Where `/proc/self/stat` tells what, counted from the state, which is the first after the name.
const IN_USER_MODE: usize = 11;
const IN_KERNEL: usize = 12;
const STARTED: usize = 19;

/// The first number of the line that begins so.
fn entry<T: FromStr>(text: &str, name: &str) -> Option<T> {
    let mut lines = text.lines();
    let rest = lines.find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The sum of these times. The process's name, in parentheses, may hold anything.
fn ticks(stat: &str, places: &[usize]) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields = rest.split_whitespace().collect::<Vec<_>>();
    let mut ticks = 0;
    for place in places {
        ticks += fields.get(*place)?.parse::<u32>().ok()?;
    }
    Some(TICK * ticks)
}

fn open_files() -> Option<usize> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        let status = "Name:\tjangteo\nVmRSS:\t   12345 kB\nThreads:\t7\n";
        assert_eq!(entry(status, "VmRSS:"), Some(12_345));
        assert_eq!(entry(status, "Threads:"), Some(7));
        assert_eq!(entry::<i64>(status, "VmSwap:"), None);
        let limits = "Max open files            1024                 4096                 files\n";
        assert_eq!(entry(limits, "Max open files"), Some(1_024));
        let unlimited =
            "Max open files            unlimited            unlimited            files\n";
        assert_eq!(entry::<i64>(unlimited, "Max open files"), None);
    }

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 5 0 12345 1 2";
        assert_eq!(
            ticks(stat, &[IN_USER_MODE, IN_KERNEL]),
            Some(Duration::from_secs(2))
        );
        assert_eq!(
            ticks(stat, &[STARTED]),
            Some(Duration::from_millis(123_450))
        );
        assert_eq!(ticks("", &[STARTED]), None);
        assert_eq!(ticks("42 (a) S", &[STARTED]), None);
    }
}
