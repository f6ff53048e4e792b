//! The table of what ran where, made of the results of a run.

use std::fmt::Write;

use crate::cover::{Row, covered_by, rows};
use crate::matrix::{Matrix, Scenario};

/// The outcome of one scenario in one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) row: Row,
    pub(crate) passed: bool,
}

/// What a run has come to.
pub(crate) struct Table {
    pub(crate) text: String,
    /// Cells that neither ran nor have a reason.
    pub(crate) gaps: Vec<String>,
}

/// Makes the table of scenarios and their outcomes.
pub(crate) fn table(matrix: &Matrix, results: &[(Scenario, Vec<Outcome>)]) -> Table {
    let mut maker = Maker { matrix, counts: [0; 3], gaps: Vec::new(), reasons: Vec::new() };
    let sections: String =
        results.iter().map(|(scenario, outcomes)| maker.section(scenario, outcomes)).collect();
    let [ran, covered, absent] = maker.counts;
    let run = if matrix.full { "full" } else { "normal" };
    let mut text = format!(
        "# Scenarios, {run} run\n\n{} scenarios; {ran} cells ran, {covered} are covered pairwise, {absent} do not \
         exist, {} have a gap.\n\nA row is a client and a server, a column is a transport. `ran 3`: the \
         scenario ran in this cell, as its run number 3. `by 1+3`: each two of client, server, address and \
         security of this cell met in its runs 1 and 3. A letter is the reason why a cell does not exist:\n\n",
        results.len(),
        maker.gaps.len(),
    );
    for (letter, reason) in ('a'..).zip(&maker.reasons) {
        let _ = writeln!(text, "* {letter}: {reason}");
    }
    Table { text: text + &sections, gaps: maker.gaps }
}

struct Maker<'a> {
    matrix: &'a Matrix,
    /// Cells that ran, that others cover, and that do not exist.
    counts: [usize; 3],
    gaps: Vec<String>,
    reasons: Vec<&'static str>,
}

impl Maker<'_> {
    fn section(&mut self, scenario: &Scenario, outcomes: &[Outcome]) -> String {
        let passed: Vec<_> =
            outcomes.iter().filter(|outcome| outcome.passed).map(|outcome| outcome.row).collect();
        let [clients, servers, addresses, securities] = self.matrix.sizes();
        let transports: Vec<_> = rows([1, 1, addresses, securities]);
        let mut text = format!("\n## {}\n\n| client to server |", scenario.name);
        for row in &transports {
            let cell = self.matrix.cell(*row);
            let _ = write!(text, " {} {} |", cell.address, cell.security);
        }
        let _ = writeln!(text, "\n|{}", " --- |".repeat(transports.len() + 1));
        for [client, server, ..] in rows([clients, servers, 1, 1]) {
            let name = |adapter: usize| self.matrix.adapters[adapter].name();
            let _ = write!(text, "| {} to {} |", name(client), name(server));
            for [.., address, security] in &transports {
                let row = [client, server, *address, *security];
                let _ = write!(text, " {} |", self.entry(scenario, row, outcomes, &passed));
            }
            text.push('\n');
        }
        text
    }

    fn entry(
        &mut self,
        scenario: &Scenario,
        row: Row,
        outcomes: &[Outcome],
        passed: &[Row],
    ) -> String {
        if outcomes.iter().any(|outcome| outcome.row == row && !outcome.passed) {
            self.counts[0] += 1;
            return "**failed**".to_owned();
        }
        if let Some(place) = passed.iter().position(|run| *run == row) {
            self.counts[0] += 1;
            return format!("ran {}", place + 1);
        }
        if let Some(reason) = self.matrix.reason(scenario, row) {
            self.counts[2] += 1;
            return self.letter(reason).to_string();
        }
        match covered_by(row, passed) {
            Some(places) => {
                self.counts[1] += 1;
                let places: Vec<_> = places.iter().map(|place| (place + 1).to_string()).collect();
                format!("by {}", places.join("+"))
            }
            None => {
                self.gaps.push(format!("{}/{}", scenario.name, self.matrix.cell(row)));
                "**gap**".to_owned()
            }
        }
    }

    fn letter(&mut self, reason: &'static str) -> char {
        let place = self.reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            self.reasons.push(reason);
            self.reasons.len() - 1
        });
        ('a'..).nth(place).expect("there are few reasons")
    }
}

/// The tests of this file.
pub(crate) mod tests {
    use super::*;
    use crate::adapter::Adapter;
    use crate::tokio::Tokio;

    pub(crate) fn a_cell_without_run_and_reason_is_a_gap() {
        // Two that differ by their places only.
        static ADAPTERS: [&dyn Adapter; 2] = [&Tokio, &Tokio];
        let matrix = Matrix { adapters: &ADAPTERS, full: false, ipv6: true };
        let scenario = |costly| Scenario { name: "some", run: |_| (), costly };
        for costly in [false, true] {
            let plan = matrix.plan(&scenario(costly), 3);
            let passed = |rows: &[Row]| {
                let outcomes = rows.iter().map(|row| Outcome { row: *row, passed: true });
                vec![(scenario(costly), outcomes.collect())]
            };
            let whole = table(&matrix, &passed(&plan));
            assert_eq!(whole.gaps, [""; 0]);
            assert_eq!(whole.text.contains("* a: it costs"), costly);

            // The last was chosen for two values that meet nowhere else.
            let less = table(&matrix, &passed(&plan[..plan.len() - 1]));
            assert!(!less.gaps.is_empty());
            assert!(less.text.contains("**gap**"));

            // A run that failed covers nothing.
            let mut failed = passed(&plan);
            failed[0].1.iter_mut().for_each(|outcome| outcome.passed = false);
            let failed = table(&matrix, &failed);
            assert!(failed.text.contains("**failed**") && !failed.gaps.is_empty());
        }
        let full = Matrix { full: true, ..matrix };
        assert_eq!(full.plan(&scenario(false), 0).len(), 2 * 2 * 3 * 4);
        assert_eq!(full.plan(&scenario(true), 0).len(), 2 * 2 * 3 * 2);
    }
}
