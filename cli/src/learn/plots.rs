//! Pictures of an evaluation: how far confidence can be believed, and what a threshold costs.

use std::path::Path;

use forthright_classifier::measures::{reliability, share};
use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::text_anchor::Pos,
};

use super::report::Outcome;
use crate::Problem;

const SIZE: (u32, u32) = (720, 520);
const MEASURED: RGBColor = RGBColor(0, 90, 181);
const OTHER: RGBColor = RGBColor(192, 80, 0);

/// Writes `reliability.svg` and `threshold.svg` into `folder`.
pub(super) fn draw(outcome: &Outcome, folder: &Path) -> Result<(), Problem> {
    let told = |error: &dyn std::fmt::Display| format!("the pictures cannot be drawn: {error}");
    draw_reliability(outcome, &folder.join("reliability.svg")).map_err(|error| told(&error))?;
    draw_threshold(outcome, &folder.join("threshold.svg")).map_err(|error| told(&error))?;
    Ok(())
}

type Shares = Cartesian2d<RangedCoordf64, RangedCoordf64>;
type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// An empty picture of shares over shares.
fn chart<'a, 'f>(
    root: &'a DrawingArea<SVGBackend<'f>, Shift>,
    caption: &str,
    [x, y]: [&str; 2],
) -> Result<ChartContext<'a, SVGBackend<'f>, Shares>, Box<dyn std::error::Error + Send + Sync>> {
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(root)
        .margin(16)
        .caption(caption, ("sans-serif", 20))
        .x_label_area_size(44)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart.configure_mesh().x_desc(x).y_desc(y).draw()?;
    Ok(chart)
}

fn draw_reliability(outcome: &Outcome, file: &Path) -> Drawn {
    let bins = reliability(&outcome.confidences());
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let mut chart = chart(
        &root,
        "How often an answer of some confidence is right",
        ["confidence", "share of right answers"],
    )?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], BLACK.mix(0.4)))?;
    let points: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.confidence, bin.accuracy)).collect();
    chart.draw_series(LineSeries::new(points, MEASURED.stroke_width(2)))?;
    chart.draw_series(bins.iter().map(|bin| {
        // The area of a point is its share of the lines.
        let radius = 3.0 + 24.0 * bin.weight.sqrt();
        Circle::new((bin.confidence, bin.accuracy), radius, MEASURED.mix(0.5).filled())
    }))?;
    root.present()?;
    Ok(())
}

/// By how surely a line must be told for the machine to answer: how many it answers, and how many of them wrongly.
fn draw_threshold(outcome: &Outcome, file: &Path) -> Drawn {
    let guesses = outcome.confidences();
    let at = |step: u32| {
        let threshold = f64::from(step) / 100.0;
        let answered = guesses.iter().filter(|(confidence, _)| *confidence >= threshold);
        let right = answered.clone().filter(|(_, is_right)| *is_right).count();
        let count = answered.count();
        (threshold, share(count, guesses.len()), share(right, count))
    };
    let curve: Vec<_> = (0..=100).map(at).collect();
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let mut chart =
        chart(&root, "What a threshold of the confidence costs", ["threshold", "share"])?;
    for (name, color, pick) in [
        ("answered", OTHER, (|(_, answered, _)| answered) as fn((f64, f64, f64)) -> f64),
        ("right, of those answered", MEASURED, |(_, _, right)| right),
    ] {
        let points = curve.iter().map(|point| (point.0, pick(*point)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .label_font(("sans-serif", 14).into_font().color(&BLACK).pos(Pos::default()))
        .background_style(WHITE.mix(0.9))
        .draw()?;
    root.present()?;
    Ok(())
}
