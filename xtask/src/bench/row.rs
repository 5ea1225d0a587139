//! A figure with its bounds, as a line of a table and for programs.

use serde_json::{Value, json};

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    unit: &'static str,
    measured: f64,
    floor: Option<f64>,
    goal: Option<f64>,
    more_is_better: bool,
}

impl Row {
    /// A figure of which less is better.
    pub(crate) fn less(what: impl Into<String>, unit: &'static str, measured: f64) -> Self {
        Self { what: what.into(), unit, measured, floor: None, goal: None, more_is_better: false }
    }

    /// A figure of which more is better.
    pub(crate) fn more(what: impl Into<String>, unit: &'static str, measured: f64) -> Self {
        Self { more_is_better: true, ..Self::less(what, unit, measured) }
    }

    /// With what it must meet.
    pub(crate) fn floor(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }

    /// With what it is meant to meet.
    pub(crate) fn goal(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }

    fn meets(&self, bound: f64) -> bool {
        if self.more_is_better { self.measured >= bound } else { self.measured <= bound }
    }

    fn beside(&self, bound: Option<f64>) -> String {
        bound.map_or_else(String::new, |bound| {
            let sign = if self.more_is_better { '≥' } else { '≤' };
            let met = if self.meets(bound) { "met" } else { "NOT met" };
            format!("{sign} {} {met}", number(bound))
        })
    }
}

/// Prints them, one a line.
pub(crate) fn print(rows: &[Row]) {
    println!("{:<48} {:>12}         {:<20} goal", "what", "measured", "floor");
    for row in rows {
        let line = format!(
            "{:<48} {:>12} {:<7} {:<20} {}",
            row.what,
            number(row.measured),
            row.unit,
            row.beside(row.floor),
            row.beside(row.goal)
        );
        println!("{}", line.trim_end());
    }
}

/// The same for programs.
pub(crate) fn as_json(rows: &[Row]) -> Value {
    let value = |row: &Row| {
        json!({
            "what": row.what,
            "unit": row.unit,
            "measured": row.measured,
            "floor": row.floor,
            "floor_met": row.floor.map(|bound| row.meets(bound)),
            "goal": row.goal,
            "goal_met": row.goal.map(|bound| row.meets(bound)),
        })
    };
    rows.iter().map(value).collect()
}

fn number(value: f64) -> String {
    if value.fract().abs() < 1e-9 || value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_met_on_its_own_side() {
        let rate = Row::more("rate", "msg/s", 5_000.0);
        assert!(rate.meets(4_000.0) && !rate.meets(8_000.0));
        let time = Row::less("time", "ms", 1.5);
        assert!(time.meets(2.0) && !time.meets(1.0));
        assert_eq!(time.beside(Some(1.0)), "≤ 1 NOT met");
        assert_eq!(time.beside(None), "");
    }
}
