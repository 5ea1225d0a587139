//! What tests print: kept in files, shown as far as it tells how far they are, counted, and searched for personal data.

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    ops::AddAssign,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::{Context, Result, anyhow};
use forthright_testkit::canary;

use crate::stage::Outcome;

/// Lines that are shown when a test fails.
const TAIL_LINES: usize = 80;

/// What was printed so far, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    counts: Counts,
    files: Vec<PathBuf>,
}

impl Recorded {
    /// Runs tests with everything that they print in this file. They passed if there were some and none failed.
    pub(crate) fn run(&mut self, command: &mut Command, file: &Path) -> Result<Outcome> {
        self.also(file)?;
        let passed = record(command, file)?;
        let output = fs::read(file)?;
        let counts = Counts::of(&output);
        self.counts += counts;
        if passed && counts.failed == 0 && counts.passed > 0 {
            return Ok(Outcome::Passed);
        }
        print_tail(&output, file)?;
        Ok(Outcome::Failed)
    }

    /// Begins a file that something else writes, and that is searched in the end.
    pub(crate) fn also(&mut self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        self.files.push(file.to_owned());
        Ok(())
    }

    /// How many tests passed and failed.
    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// Looks for personal data in every file.
    pub(crate) fn search(&self) -> Result<Outcome> {
        if self.counts.passed == 0 && self.counts.failed == 0 {
            return Ok(Outcome::Skipped("no test ran".into()));
        }
        let mut clean = true;
        for file in &self.files {
            clean &= search(file)?;
        }
        Ok(Outcome::of(clean))
    }
}

/// How many tests passed and failed, summed over all of cargo's reports.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    fn of(output: &[u8]) -> Self {
        let text = String::from_utf8_lossy(output);
        // A test may leave a line open before the report, so it need not stand at the start of one.
        let reports = text.lines().filter_map(|line| line.split_once("test result: "));
        reports.fold(Self::default(), |sum, (_, report)| Self {
            passed: sum.passed + number_before(report, " passed"),
            failed: sum.failed + number_before(report, " failed"),
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tests: {} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(report: &str, word: &str) -> u64 {
    report
        .split_once(word)
        .and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// Runs a program with everything it prints in one file; whether it ended well.
fn record(command: &mut Command, path: &Path) -> Result<bool> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{program}`"))?;
    let stdout = child.stdout.take().context("the output of the tests")?;
    let stderr = child.stderr.take().context("the output of the tests")?;
    let file = Mutex::new(File::create(path)?);
    thread::scope(|scope| {
        let readers = [scope.spawn(|| copy(stdout, &file)), scope.spawn(|| copy(stderr, &file))];
        for reader in readers {
            reader.join().map_err(|_| anyhow!("a reader of the output stopped"))??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(child.wait()?.success())
}

/// Copies whole lines to the file, and the few that tell how far it is to the screen.
fn copy(from: impl Read, to: &Mutex<File>) -> Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)?;
        if is_progress(&line) {
            write_safely(&line)?;
        }
        line.clear();
    }
    Ok(())
}

fn is_progress(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 5] = [
        b"     Running ",
        b"   Doc-tests ",
        b"   Compiling forthright",
        b"error",
        b"warning: unused",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
        || line.windows(13).any(|part| part == b"test result: ")
        || (line.starts_with(b"test ") && line.trim_ascii_end().ends_with(b"FAILED"))
}

/// Shows how a file ends.
pub(crate) fn print_tail(output: &[u8], path: &Path) -> Result<()> {
    let lines: Vec<_> = output.split_inclusive(|byte| *byte == b'\n').collect();
    println!("--- the last lines of {} ---", path.display());
    for line in lines.iter().skip(lines.len().saturating_sub(TAIL_LINES)) {
        write_safely(line)?;
    }
    Ok(())
}

/// Writes a line to the screen, unless it holds what must never be shown.
fn write_safely(line: &[u8]) -> io::Result<()> {
    let mut screen = io::stdout().lock();
    match canary::find(line) {
        None => screen.write_all(line),
        Some(_) => screen.write_all(b"[line blanked: personal data]\n"),
    }
}

/// Looks for the markers of personal data; shows where, never what, and blanks what was found. Whether there was none.
fn search(path: &Path) -> Result<bool> {
    let output = fs::read(path)?;
    let mut blanked = Vec::with_capacity(output.len());
    let mut hits = 0_usize;
    for (index, line) in output.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Some(encoding) = canary::find(line) {
            hits += 1;
            println!("{}:{}: personal data as {encoding}", path.display(), index + 1);
            blanked.extend_from_slice(b"[line blanked: personal data]\n");
        } else {
            blanked.extend_from_slice(line);
        }
    }
    if hits == 0 {
        println!("no personal data in the {} bytes of {}", output.len(), path.display());
        return Ok(true);
    }
    fs::write(path, blanked)?;
    println!("{hits} lines with personal data; the lines around them are in {}", path.display());
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_reports_are_summed() {
        let output = b"test result: ok. 5 passed; 0 failed; 0 ignored\n\
            noise test result: FAILED. 12 passed; 3 failed; 1 ignored\n\
            nothing here: 9 passed\n";
        assert_eq!(Counts::of(output), Counts { passed: 17, failed: 3 });
        assert_eq!(Counts::of(output).to_string(), "tests: 17 passed, 3 failed");
    }

    #[test]
    fn output_without_a_report_counts_nothing() {
        assert_eq!(Counts::of(b"error: could not compile"), Counts::default());
    }

    #[test]
    fn progress_is_shown_and_logs_are_not() {
        assert!(is_progress(b"     Running unittests src/lib.rs\n"));
        assert!(is_progress(b"test result: ok. 1 passed; 0 failed\n"));
        assert!(is_progress(b"test gate::closes ... FAILED\n"));
        assert!(!is_progress(b"test gate::closes ... ok\n"));
        assert!(!is_progress(b"2026-01-01T00:00:00Z TRACE something\n"));
    }

    #[test]
    fn a_leak_fails_the_stage_and_is_blanked() {
        let path = std::env::temp_dir().join(format!("xtask-search-{}", std::process::id()));
        let leak = format!("fine\nto {} Street\nfine too\n", concat!("CAN", "ARY"));
        fs::write(&path, leak).unwrap();
        assert!(!search(&path).unwrap());
        let left = fs::read_to_string(&path).unwrap();
        assert!(
            left == "fine\n[line blanked: personal data]\nfine too\n",
            "only the leak is blanked"
        );
        assert!(search(&path).unwrap());
        fs::remove_file(path).unwrap();
    }
}
