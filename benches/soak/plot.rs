//! The plot of the samples: throughput above, memory and live entries below, over time.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::samples::Sample;

const SIZE: (u32, u32) = (1100, 760);
/// More points than this cannot be distinguished, so this many are drawn, each a mean.
const POINTS: usize = 600;
const INK: RGBColor = RGBColor(34, 34, 34);
const THROUGHPUT: RGBColor = RGBColor(196, 78, 32);
const MEMORY: RGBColor = RGBColor(45, 98, 158);
const LIVE: RGBColor = RGBColor(90, 140, 70);
const MEBIBYTE: f64 = 1024.0 * 1024.0;

type Panel<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the samples.
pub(crate) fn draw(samples: &[Sample], heading: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let root = root.titled(heading, ("sans-serif", 20).into_font().color(&INK))?;
    let (above, below) = root.split_vertically(350);
    let last = samples.last().map_or(1.0, |sample| sample.seconds);
    let (unit, divisor) = if last > 300.0 { ("minutes", 60.0) } else { ("seconds", 1.0) };
    let time = (0.0..(last / divisor).max(0.1), unit);
    let line = |value: &dyn Fn(&Sample) -> f64| means(samples, |sample| (sample.seconds / divisor, value(sample)));
    draw_throughput(&above, &time, line(&|sample| sample.operations_per_second / 1e6))?;
    let memory = line(&|sample| sample.resident as f64 / MEBIBYTE);
    draw_memory(&below, &time, memory, line(&|sample| sample.live as f64 / 1e3))?;
    root.present()?;
    Ok(())
}

type Line = Vec<(f64, f64)>;

/// Returns the means of neighbouring samples.
fn means(samples: &[Sample], point: impl Fn(&Sample) -> (f64, f64)) -> Line {
    let mean = |chunk: &[Sample]| {
        let sums = chunk.iter().map(&point).fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sums.0 / chunk.len() as f64, sums.1 / chunk.len() as f64)
    };
    samples.chunks(samples.len().div_ceil(POINTS).max(1)).map(mean).collect()
}

/// From zero to a little more than the largest.
fn range(line: &Line) -> Range<f64> {
    0.0..line.iter().fold(0.0, |most: f64, point| most.max(point.1)).max(0.001) * 1.1
}

fn draw_throughput(panel: &Panel<'_>, time: &(Range<f64>, &str), line: Line) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(panel)
        .margin(12)
        .margin_right(80)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(time.0.clone(), range(&line))?;
    chart
        .configure_mesh()
        .x_desc(time.1)
        .y_desc("million operations per second")
        .axis_desc_style(("sans-serif", 16).into_font().color(&INK))
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .light_line_style(WHITE)
        .draw()?;
    chart.draw_series(LineSeries::new(line, THROUGHPUT.stroke_width(2)))?;
    Ok(())
}

fn draw_memory(panel: &Panel<'_>, time: &(Range<f64>, &str), memory: Line, live: Line) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(panel)
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .right_y_label_area_size(68)
        .build_cartesian_2d(time.0.clone(), range(&memory))?
        .set_secondary_coord(time.0.clone(), range(&live));
    chart
        .configure_mesh()
        .x_desc(time.1)
        .y_desc("resident memory, MiB (blue)")
        .axis_desc_style(("sans-serif", 16).into_font().color(&MEMORY))
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .light_line_style(WHITE)
        .draw()?;
    chart
        .configure_secondary_axes()
        .y_desc("live entries, thousands (green)")
        .axis_desc_style(("sans-serif", 16).into_font().color(&LIVE))
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .draw()?;
    chart.draw_secondary_series(LineSeries::new(live, LIVE.stroke_width(1)))?;
    chart.draw_series(LineSeries::new(memory, MEMORY.stroke_width(2)))?;
    Ok(())
}
