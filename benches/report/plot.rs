//! The report as a picture: a panel of bars for each workload.

use super::bench::Bench;
use super::comparison::{Comparison, Series};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;
use std::path::Path;

/// How many panels stand side by side.
const COLUMNS: usize = 3;
/// The width of a panel; all measures are in pixels.
const PANEL_WIDTH: i32 = 460;
/// Where the bars begin, right of the subjects' names.
const BARS_LEFT: i32 = 170;
/// The longest bar; its figure stands to its right.
const BAR_LENGTH: i32 = PANEL_WIDTH - BARS_LEFT - 80;
/// The distance from one bar to the next.
const BAR_PITCH: i32 = 18;
/// The space for a panel's title.
const TITLE: i32 = 30;
/// The space between panels, and around them.
const MARGIN: i32 = 24;
/// The space for the picture's title.
const HEADER: i32 = 64;

/// How many times as long as the published crate's a bar may be; a longer one would leave no room for the others, and
/// is cut off.
const LONGEST: f64 = 10.0;
/// The gap in a bar that is cut off.
const GAP: i32 = 6;

pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT: RGBColor = RGBColor(110, 110, 110);

/// Draws the comparisons. Each panel has its own linear scale from zero, so lengths compare
/// within a panel only.
pub(crate) fn draw(
    bench: &Bench,
    comparisons: &[&Comparison],
    heading: &str,
    note: &str,
    file: &Path,
) -> Result<(), Box<dyn Error>> {
    let bars = comparisons.iter().map(|comparison| comparison.series.len() + comparison.absent.len()).max();
    let panel_height = TITLE + BAR_PITCH * bars.unwrap_or(0) as i32 + MARGIN;
    let columns = COLUMNS.min(comparisons.len()) as i32;
    let rows = comparisons.len().div_ceil(COLUMNS) as i32;
    let width = MARGIN + columns * (PANEL_WIDTH + MARGIN);
    let height = HEADER + rows * panel_height;

    let root = SVGBackend::new(file, (width as u32, height as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(heading, (MARGIN, 14), style(23, &INK)))?;
    root.draw(&Text::new(note, (MARGIN, 38), style(15, &FAINT)))?;
    for (place, comparison) in comparisons.iter().enumerate() {
        let (column, row) = ((place % COLUMNS) as i32, (place / COLUMNS) as i32);
        let left = MARGIN + column * (PANEL_WIDTH + MARGIN);
        let top = HEADER + row * panel_height;
        let panel = root.clone().shrink((left, top), (PANEL_WIDTH, panel_height));
        draw_panel(bench, comparison, &panel)?;
    }
    root.present()?;
    Ok(())
}

/// A part of the picture.
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws one workload.
fn draw_panel(bench: &Bench, comparison: &Comparison, panel: &Area<'_>) -> Result<(), Box<dyn Error>> {
    panel.draw(&Text::new(comparison.title, (0, 4), style(17, &INK)))?;
    let published = bench.published.and_then(|name| comparison.find(name));
    let limit = published.map_or(f64::INFINITY, |series| LONGEST * series.median());
    let medians = comparison.series.iter().map(Series::median);
    let longest = medians.filter(|&median| median <= limit).fold(0.0, f64::max);
    let name = || style(15, &INK).pos(Pos::new(HPos::Right, VPos::Center));
    let figure = || style(15, &FAINT).pos(Pos::new(HPos::Left, VPos::Center));
    let top_of = |place: usize| TITLE + place as i32 * BAR_PITCH;
    for (place, series) in comparison.series.iter().enumerate() {
        let top = top_of(place);
        let middle = top + BAR_PITCH / 2;
        let median = series.median();
        // A difference can be below zero, and everything can be zero.
        let share = if longest > 0.0 { (median / longest).clamp(0.0, 1.0) } else { 0.0 };
        let right = BARS_LEFT + (share * f64::from(BAR_LENGTH)) as i32;

        panel.draw(&Text::new(series.subject, (BARS_LEFT - 6, middle), name()))?;
        let corners = [(BARS_LEFT, top + 2), (right.max(BARS_LEFT + 1), top + BAR_PITCH - 2)];
        panel.draw(&Rectangle::new(corners, colour(bench, series.subject).filled()))?;
        if median > longest {
            let middle = BARS_LEFT + BAR_LENGTH * 3 / 4;
            panel.draw(&Rectangle::new([(middle, top), (middle + GAP, top + BAR_PITCH)], WHITE.filled()))?;
        }
        let text = comparison.unit.show(median);
        panel.draw(&Text::new(text, (right + 6, middle), figure()))?;
    }
    for (place, (subject, obstacle)) in (comparison.series.len()..).zip(&comparison.absent) {
        let middle = top_of(place) + BAR_PITCH / 2;
        // The first word or two of why; the table has all of it.
        let obstacle = obstacle.split(':').next().unwrap_or_default();
        panel.draw(&Text::new(*subject, (BARS_LEFT - 6, middle), name()))?;
        panel.draw(&Text::new(obstacle, (BARS_LEFT + 6, middle), figure()))?;
    }
    Ok(())
}

/// Returns the subject's colour: strong for those that the text is about.
pub(super) fn colour(bench: &Bench, subject: &str) -> RGBColor {
    match subject {
        _ if subject == bench.ours => RGBColor(196, 78, 32),
        _ if subject.starts_with(bench.ours) => RGBColor(226, 160, 130),
        _ if Some(subject) == bench.published => RGBColor(45, 98, 158),
        _ if bench.floors.contains(&subject) => RGBColor(200, 200, 200),
        _ => RGBColor(150, 172, 196),
    }
}

/// Returns a style for text of that size.
pub(super) fn style(size: i32, colour: &'static RGBColor) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).color(colour)
}
