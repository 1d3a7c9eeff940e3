//! Lines over a size: one panel for each kind of workload, one line for each subject.

use super::bench::Bench;
use super::comparison::Comparison;
use super::plot::{FAINT, INK, colour, style};
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// A file with panels of lines.
pub(crate) struct Graph {
    /// The file's name.
    pub(crate) file: &'static str,
    /// Stands above the panels.
    pub(crate) heading: &'static str,
    /// What the horizontal axis counts.
    pub(crate) across: &'static str,
    /// The panels, side by side.
    pub(crate) panels: &'static [Panel],
}

/// One system of axes.
pub(crate) struct Panel {
    /// Stands above it.
    pub(crate) title: &'static str,
    /// How the names of its workloads begin. The rest of a name is the size.
    pub(crate) points: &'static str,
}

/// The size of a panel, and of what stands above all of them, in pixels.
const PANEL: (u32, u32) = (560, 400);
const HEADER: u32 = 64;

/// Where a line goes: pairs of size and median time in microseconds.
type Line = (&'static str, Vec<(f64, f64)>);

impl Graph {
    /// Draws the comparisons that have a place here. Returns false, and writes nothing, if a panel would have no line.
    pub(crate) fn draw(
        &self,
        bench: &Bench,
        comparisons: &[Comparison],
        note: &str,
        file: &Path,
    ) -> Result<bool, Box<dyn Error>> {
        let lines: Vec<_> = self.panels.iter().map(|panel| panel.lines(comparisons)).collect();
        if lines.iter().any(|lines| lines.iter().all(|(_, line)| line.len() < 2)) {
            return Ok(false);
        }
        let size = (PANEL.0 * self.panels.len() as u32, HEADER + PANEL.1);
        let root = SVGBackend::new(file, size).into_drawing_area();
        root.fill(&WHITE)?;
        root.draw(&Text::new(self.heading, (24, 14), style(20, &INK)))?;
        root.draw(&Text::new(note, (24, 40), style(14, &FAINT)))?;
        let (_, below) = root.split_vertically(HEADER);
        let areas = below.split_evenly((1, self.panels.len()));
        for ((panel, lines), area) in self.panels.iter().zip(&lines).zip(areas) {
            panel.draw(bench, self.across, lines, &area)?;
        }
        root.present()?;
        Ok(true)
    }
}

impl Panel {
    /// Returns the lines of the subjects.
    fn lines(&self, comparisons: &[Comparison]) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for comparison in comparisons {
            let Some(size) = comparison.id.strip_prefix(self.points) else { continue };
            let Ok(size) = size.parse::<f64>() else { continue };
            for series in &comparison.series {
                let point = (size, series.median() / 1_000.0);
                match lines.iter_mut().find(|(subject, _)| *subject == series.subject) {
                    Some((_, line)) => line.push(point),
                    None => lines.push((series.subject, vec![point])),
                }
            }
        }
        lines
    }

    /// Draws the axes, which are logarithmic, and the lines.
    fn draw(
        &self,
        bench: &Bench,
        across: &str,
        lines: &[Line],
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn Error>> {
        let points = || lines.iter().flat_map(|(_, line)| line.iter().copied());
        let least = |of: fn((f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn((f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
        let (width, height) = (|point: (f64, f64)| point.0, |point: (f64, f64)| point.1);
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .caption(self.title, style(17, &INK))
            .x_label_area_size(36)
            .y_label_area_size(60)
            .build_cartesian_2d(
                (least(width) * 0.9..most(width) * 1.1).log_scale(),
                (least(height) * 0.7..most(height) * 1.4).log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc(across)
            .y_desc("µs")
            .x_label_formatter(&|size| label(*size))
            .y_label_formatter(&|time| label(*time))
            .label_style(style(14, &FAINT))
            .light_line_style(WHITE)
            .bold_line_style(RGBColor(225, 225, 225))
            .draw()?;
        for (subject, line) in lines {
            let colour = colour(bench, subject);
            chart
                .draw_series(LineSeries::new(line.iter().copied(), colour.stroke_width(2)))?
                .label(*subject)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
            chart.draw_series(line.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.9))
            .label_font(style(14, &INK))
            .draw()?;
        Ok(())
    }
}

/// Returns the number that stands at a line of the mesh. Those that begin with other digits would overlap.
fn label(number: f64) -> String {
    let text = number.to_string();
    if ['1', '3', '5'].iter().any(|digit| text.trim_start_matches(['0', '.']).starts_with(*digit)) {
        text
    } else {
        String::new()
    }
}
