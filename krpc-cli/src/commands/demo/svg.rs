//! The picture of a cancellation: memory held against time, and the calls served after it.

use std::fmt::Write;
use std::time::Duration;

use super::stalled::{Run, Sample};

/// Pixels of the whole, and of the plot in it.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 740.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 262.0;

/// Where the ticks of served calls are: one row for each curve.
const ROWS: [f64; 2] = [318.0, 344.0];

/// Colours that can be told apart on white and on black.
const STYLE: &str = "\
svg{font:13px system-ui,sans-serif}
text{fill:#57606a}
.axis{stroke:#8c959f;fill:none}
.grid{stroke:#8c959f;stroke-opacity:.25;fill:none}
.mark{stroke:#8c959f;stroke-dasharray:3 4;fill:none}
.a{stroke:#0f8a5f;fill:none}
.b{stroke:#d9730d;fill:none}
.curve{stroke-width:2.5;stroke-linejoin:round}
text.a{fill:#0f8a5f;stroke:none}
text.b{fill:#d9730d;stroke:none}
.title{font-weight:600;fill:#24292f}
@media(prefers-color-scheme:dark){
text{fill:#9aa4af}
.title{fill:#e6edf3}
.a{stroke:#3fb98a}
.b{stroke:#f0994a}
text.a{fill:#3fb98a}
text.b{fill:#f0994a}
}";

/// Draws both runs: the one with footers, and the one without.
pub(super) fn draw(footers: &Run, drain: &Run) -> String {
    let runs = [("a", footers), ("b", drain)];
    let scale = Scale::new(&[footers, drain]);
    let mut out = String::new();
    let svg = &mut out;
    // Writing to a text does not fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Memory held by six cancelled calls of 8 MiB\">\n<style>{STYLE}</style>"
    );
    text(
        svg,
        (LEFT, 22.0),
        "title",
        "start",
        "Six calls of 8 MiB to a peer that stops reading, cancelled in one go",
    );
    axes(svg, &scale);
    mark(svg, scale.x(footers.cancelled), BOTTOM, "all cancelled");
    mark(svg, scale.x(footers.read_again), ROWS[1] + 6.0, "the peer reads again");
    for (class, run) in runs {
        curve(svg, &scale, class, &run.samples);
    }
    let label = scale.x(footers.cancelled) + 12.0;
    text(svg, (label, BOTTOM - 12.0), "a", "start", "with footers: nothing is held");
    let above = scale.y(held_while_waiting(drain)) - 9.0;
    text(svg, (label, above), "b", "start", "without: one call has its grace");
    for ((class, run), y) in runs.into_iter().zip(ROWS) {
        served(svg, &scale, class, run, y);
    }
    text(svg, (LEFT, ROWS[0] - 20.0), "", "start", "calls served afterwards");
    let _ = writeln!(svg, "</svg>");
    out
}

/// From time and memory to pixels.
struct Scale {
    end: Duration,
    most: u64,
}

/// One line of the grid.
const STEP_MIB: u64 = 10;
const MIB: u64 = 1 << 20;

impl Scale {
    fn new(runs: &[&Run]) -> Self {
        let ends = runs.iter().filter_map(|run| run.samples.last()).map(|sample| sample.at);
        let most = runs.iter().map(|run| run.most_held()).max().unwrap_or(0);
        let most = (most / (STEP_MIB * MIB) + 1) * STEP_MIB * MIB;
        Scale { end: ends.max().unwrap_or(Duration::from_secs(1)), most }
    }

    fn x(&self, at: Duration) -> f64 {
        LEFT + (RIGHT - LEFT) * (at.as_secs_f64() / self.end.as_secs_f64()).min(1.0)
    }

    fn y(&self, bytes: u64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * bytes as f64 / self.most as f64
    }
}

fn axes(svg: &mut String, scale: &Scale) {
    for mib in (0..=scale.most / MIB).step_by(STEP_MIB as usize) {
        let y = scale.y(mib * MIB);
        let class = if mib == 0 { "axis" } else { "grid" };
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
        text(svg, (LEFT - 8.0, y + 4.0), "", "end", &mib.to_string());
    }
    text(svg, (LEFT - 8.0, TOP - 10.0), "", "end", "MiB");
    for tenths in (0..=scale.end.as_millis() / 100).step_by(5) {
        let seconds = tenths as f64 / 10.0;
        let x = scale.x(Duration::from_secs_f64(seconds));
        let _ = writeln!(svg, "<path class=\"axis\" d=\"M{x:.1} {BOTTOM}v5\"/>");
        text(svg, (x, BOTTOM + 20.0), "", "middle", &format!("{seconds:.1} s"));
    }
}

fn mark(svg: &mut String, x: f64, bottom: f64, what: &str) {
    let _ = writeln!(svg, "<path class=\"mark\" d=\"M{x:.1} {}V{bottom}\"/>", TOP - 6.0);
    text(svg, (x + 6.0, TOP - 2.0), "", "start", what);
}

/// Steps, because nothing is known between two looks; where nothing changes, one line is enough.
fn curve(svg: &mut String, scale: &Scale, class: &str, samples: &[Sample]) {
    let mut path = String::new();
    let mut last = None;
    for (i, sample) in samples.iter().enumerate() {
        let (x, y) = (scale.x(sample.at), format!("{:.1}", scale.y(sample.held)));
        match &last {
            None => _ = write!(path, "M{x:.1} {y}"),
            Some(before) if *before != y => _ = write!(path, "H{x:.1}V{y}"),
            Some(_) if i + 1 == samples.len() => _ = write!(path, "H{x:.1}"),
            Some(_) => {}
        }
        last = Some(y);
    }
    let _ = writeln!(svg, "<path class=\"curve {class}\" d=\"{path}\"/>");
}

/// What is still held between the cancel and the end of the grace.
fn held_while_waiting(run: &Run) -> u64 {
    let half = run.cancelled + run.released / 2;
    let after = run.samples.iter().find(|sample| sample.at >= half);
    after.map_or(0, |sample| sample.held)
}

/// A tick for each call that was answered.
fn served(svg: &mut String, scale: &Scale, class: &str, run: &Run, y: f64) {
    let mut path = String::new();
    for at in &run.served {
        let _ = write!(path, "M{:.1} {}v12", scale.x(*at), y - 11.0);
    }
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
    let connection = match run.accepted {
        1 => "on the same TCP connection",
        _ => "on a new TCP connection",
    };
    text(svg, (LEFT, y), class, "start", &format!("{} {connection}", run.served.len()));
}

fn text(svg: &mut String, (x, y): (f64, f64), class: &str, anchor: &str, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(
        svg,
        "<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}
