//! Counting instructions of regions of a program with callgrind.
//!
//! The program runs itself a second time under valgrind. There every call of [`measured`] is counted by
//! itself: collecting is on only inside, and its counts are dumped when it is left. So set-up costs
//! nothing, and one start of valgrind is enough for all regions.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

/// The argument with which the program runs under valgrind.
const INSIDE: &str = "--inside";

/// What marks the names of regions in the output of the program.
const MARK: &str = "region ";

/// Counts the instructions of `work`.
pub fn measured(name: &str, mut work: impl FnMut()) {
    measured_region(&mut work);
    println!("{MARK}{name}");
}

/// What valgrind knows regions by. Its only instructions are those of one indirect call.
#[inline(never)]
fn measured_region(work: &mut dyn FnMut()) {
    work();
    // Otherwise the call would be the function's last deed and become a jump, which valgrind would take
    // for its end.
    black_box(());
}

/// Whether this is the run that is counted.
pub fn is_inside(args: &[String]) -> bool {
    args.first().is_some_and(|arg| arg == INSIDE)
}

/// Runs this program under valgrind; returns the regions and their instructions in order.
///
/// # Panics
///
/// If valgrind is not there, or the run fails.
pub fn run() -> Vec<(String, f64)> {
    let program = env::current_exe().expect("the program knows where it is");
    let folder = env::temp_dir().join(format!("krpc-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written to");
    let out = folder.join("out");
    let pattern = "krpc_bench::callgrind::measured_region";
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(format!("--toggle-collect={pattern}"))
        .arg(format!("--dump-after={pattern}"))
        .arg(program)
        .arg(INSIDE)
        .stdin(Stdio::null())
        .output()
        .expect("valgrind runs: it comes in the package of that name");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the counted run failed:\n{stdout}\n{stderr}");
    let names = stdout.lines().filter_map(|line| line.strip_prefix(MARK));
    let regions = names.enumerate().map(|(i, name)| {
        let dump = folder.join(format!("out.{}", i + 1));
        (name.to_owned(), total(&dump))
    });
    let regions: Vec<_> = regions.collect();
    assert!(!regions.is_empty(), "nothing was counted");
    if env::var_os("KRPC_BENCH_KEEP").is_some() {
        // For callgrind_annotate.
        eprintln!("counts are kept in {}", folder.display());
    } else {
        fs::remove_dir_all(&folder).expect("our own folder can be removed");
    }
    regions
}

/// The instructions in one dump.
fn total(dump: &Path) -> f64 {
    let text = fs::read_to_string(dump)
        .unwrap_or_else(|error| panic!("{}: one dump for each region: {error}", dump.display()));
    let line = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total: f64 = line.and_then(|n| n.trim().parse().ok()).expect("a dump has a total");
    assert!(total > 0.0, "{}: nothing was counted", dump.display());
    total
}
