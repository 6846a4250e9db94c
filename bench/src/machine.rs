//! What is measured on: without it the numbers mean nothing.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::Path,
    process::Command,
    thread::available_parallelism,
    time::Instant,
};

use jangteo::clock::Clock;
use serde::Serialize;

use crate::{Result, stats::median, usage::load_average};

/// How often the disk is asked.
const FLUSHES: usize = 200;

/// What a commit appends at the least: a page.
const PAGE: [u8; 8192] = [0x5a; 8192];

/// The machine, and what runs on it.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub at: String,
    pub processor: String,
    pub processors: usize,
    pub memory_gib: u64,
    pub kernel: String,
    /// At the start.
    pub load_average: f64,
    /// What it takes to put a page on the disk for good: the median, in milliseconds.
    pub flush_ms: f64,
    /// The commit of the measured code, with a plus sign where files have changed since.
    pub commit: String,
    pub compiler: String,
}

impl Machine {
    /// Looks around; databases will lie in `folder`.
    pub fn look(folder: &Path) -> Result<Self> {
        Ok(Self {
            at: Clock::system().now().to_rfc3339(),
            processor: field("/proc/cpuinfo", "model name")?,
            processors: available_parallelism()?.get(),
            memory_gib: memory_gib()?,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
            load_average: load_average()?,
            flush_ms: flush_ms(folder)?,
            commit: commit(),
            compiler: output("rustc", &["--version"]),
        })
    }
}

/// The first line of that name in a file of /proc.
fn field(file: &str, name: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    Ok(line
        .unwrap_or_default()
        .trim_start_matches([' ', '\t', ':'])
        .to_owned())
}

fn memory_gib() -> Result<u64> {
    let kib = field("/proc/meminfo", "MemTotal")?;
    let kib = kib.trim_end_matches(" kB").parse::<u64>()?;
    Ok(kib.div_ceil(1024 * 1024))
}

/// Overwrites the same page and flushes it, as a database's log does.
fn flush_ms(folder: &Path) -> Result<f64> {
    let path = folder.join("flush");
    let mut file = File::create(&path)?;
    file.write_all(&PAGE)?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        file.seek(SeekFrom::Start(0))?;
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(path)?;
    Ok(median(times))
}

fn commit() -> String {
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"]);
    let changes = output("git", &["status", "--porcelain", "--untracked-files=no"]);
    let plus = if changes.is_empty() { "" } else { "+" };
    format!("{commit}{plus}")
}

/// What a program prints; nothing where it is missing or fails.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
