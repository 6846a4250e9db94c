use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::sheet::{Progress, Step};

/// How many rows there are to a line, where nobody sees a bar grow.
const ROWS_A_LINE: u64 = 100_000;

/// Shows how far a command is: a bar on a terminal, plain lines elsewhere.
#[derive(Default)]
pub struct Meter(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    bar: Option<ProgressBar>,
    step: Option<Step>,
    /// Where the last line stood.
    rows: u64,
}

impl Meter {
    pub fn show(&self, progress: Progress) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.step != Some(progress.step) {
            shown.step = Some(progress.step);
            shown.rows = 0;
            if io::stderr().is_terminal() {
                shown.bar = Some(bar(progress));
            }
        }
        if let Some(bar) = &shown.bar {
            bar.set_position(progress.done);
        } else if progress.rows.saturating_sub(shown.rows) >= ROWS_A_LINE {
            shown.rows = progress.rows - progress.rows % ROWS_A_LINE;
            eprintln!("{} {} rows", word(progress.step), shown.rows);
        }
    }

    /// Leaves the terminal to what comes after.
    pub fn finish(&self) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = shown.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(progress: Progress) -> ProgressBar {
    let bar = ProgressBar::new(progress.total);
    if let Ok(style) = ProgressStyle::with_template("{prefix:8} {wide_bar} {percent:>3} %  {eta}") {
        bar.set_style(style);
    }
    bar.set_prefix(word(progress.step));
    bar
}

fn word(step: Step) -> &'static str {
    match step {
        Step::Check => "checked",
        Step::Write => "written",
        Step::Export => "exported",
    }
}
