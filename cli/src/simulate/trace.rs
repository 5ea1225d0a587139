//! Traces in files: the setting, then one act a line, as JSON. A failing one is kept, and run again for ever.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    act::{Act, Setting},
    host::Content,
    mutant::Mutant,
    plan::Plan,
    world::{Mode, run},
};
use crate::Problem;

/// Writes a plan as text, with remarks on top.
pub(super) fn write(plan: &Plan, remarks: &[String]) -> Result<String, Problem> {
    let mut lines: Vec<_> = remarks.iter().map(|remark| format!("# {remark}")).collect();
    lines.push(serde_json::to_string(&plan.setting)?);
    for act in &plan.acts {
        lines.push(serde_json::to_string(act)?);
    }
    Ok(lines.join("\n") + "\n")
}

/// Reads a plan from its text.
pub(super) fn read(text: &str) -> Result<Plan, Problem> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let wrong = |number: usize, error| format!("line {number}: {error}");
    let (number, first) = lines.next().ok_or("there is nothing in it")?;
    let setting: Setting = serde_json::from_str(first).map_err(|error| wrong(number, error))?;
    let acts = lines
        .map(|(number, line)| {
            serde_json::from_str::<Act>(line).map_err(|error| wrong(number, error))
        })
        .collect::<Result<_, _>>()?;
    Ok(Plan { setting, acts })
}

/// Keeps a plan in `folder`, under a name that says what it is; tells where.
pub(super) fn keep(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Problem> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
    let path = folder.join(format!("{name}.jsonl"));
    fs::write(&path, text)
        .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    Ok(path)
}

/// What came of a trace that was run again.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Each call, in its order.
    pub story: Vec<String>,
    /// What is broken, in ids and enums.
    pub broken: Vec<String>,
}

/// Runs the trace in a file again.
pub fn replay(path: &Path, mutant: Option<Mutant>) -> Result<Replayed, Problem> {
    let name = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
    let plan = read(&text).map_err(|error| format!("`{name}` is no trace: {error}"))?;
    let outcome = run(&Content::read()?, &plan, Mode { mutant, trace: true })?;
    let broken = outcome.broken.iter().map(ToString::to_string).collect();
    Ok(Replayed { story: outcome.trace, broken })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{people::everybody, plan::plan};

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        for seed in 0..50 {
            let plan = plan(seed, 40, everybody().len());
            let text = write(&plan, &["lost: something".to_owned()]).unwrap();
            assert!(read(&text).unwrap() == plan, "seed {seed}");
        }
    }

    #[test]
    fn a_line_that_is_no_act_is_named() {
        let setting = r#"{"hosts":1,"skew_seconds":0,"weather":0,"torn_reads":false}"#;
        for (text, line) in [
            (String::new(), "nothing"),
            ("{}".to_owned(), "line 1"),
            (format!("# lost\n{setting}\n\n\"backup\"\n{{\"again\":-1}}"), "line 5"),
            (format!("{setting}\n\"restore\""), "line 2"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}
