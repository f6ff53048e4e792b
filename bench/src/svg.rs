//! Charts of lines, both axes logarithmic.

use std::fmt::{self, Write};

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 240.0;
/// Left of a chart, above and below it.
const MARGINS: (f64, f64, f64) = (50.0, 40.0, 50.0);
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is above it.
    pub title: String,
    /// What the steps along it are called.
    pub steps: Vec<String>,
    /// For each line its name, and a value for each step.
    pub lines: Vec<(String, Vec<f64>)>,
}

/// Charts side by side.
#[derive(Clone, Debug)]
pub struct Charts(pub Vec<Chart>);

impl fmt::Display for Charts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, above, below) = MARGINS;
        let (width, height) = (self.0.len() as f64 * (WIDTH + left) + 20.0, HEIGHT + above + below);
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"11\">"
        )?;
        writeln!(f, "<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>")?;
        for (i, chart) in self.0.iter().enumerate() {
            let x = left + i as f64 * (WIDTH + left);
            writeln!(f, "<g transform=\"translate({x} {above})\">")?;
            chart.draw(f)?;
            writeln!(f, "</g>")?;
        }
        writeln!(f, "</svg>")
    }
}

impl Chart {
    /// The powers of ten around all values.
    fn powers(&self) -> (i32, i32) {
        let values = self.lines.iter().flat_map(|(_, values)| values).map(|value| value.log10());
        let (least, most) =
            values.fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(value), b.max(value)));
        let low = least.floor() as i32;
        (low, (most.ceil() as i32).max(low + 1))
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<text y=\"-14\" font-size=\"13\">{}</text>", self.title)?;
        let (low, high) = self.powers();
        let y =
            |value: f64| HEIGHT * (1.0 - (value.log10() - f64::from(low)) / f64::from(high - low));
        let x = |step: usize| WIDTH * (step as f64 + 0.25) / (self.steps.len() as f64 - 0.5);
        for power in low..=high {
            let (value, at) = (10f64.powi(power), y(10f64.powi(power)));
            writeln!(f, "<path d=\"M0 {at:.1}H{WIDTH}\" stroke=\"#ddd\"/>")?;
            let at = at + 4.0;
            writeln!(f, "<text x=\"-5\" y=\"{at:.1}\" text-anchor=\"end\">{value}</text>")?;
        }
        for (i, step) in self.steps.iter().enumerate() {
            let (x, y) = (x(i), HEIGHT + 16.0);
            writeln!(f, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{step}</text>")?;
        }
        for (i, ((name, values), colour)) in self.lines.iter().zip(COLOURS).enumerate() {
            let mut points = String::new();
            for (step, value) in values.iter().enumerate() {
                write!(points, "{:.1},{:.1} ", x(step), y(*value))?;
            }
            let points = points.trim_end();
            writeln!(
                f,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
            )?;
            let (x, y) = (i as f64 * 80.0, HEIGHT + 38.0);
            writeln!(f, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{name}</text>")?;
        }
        Ok(())
    }
}
