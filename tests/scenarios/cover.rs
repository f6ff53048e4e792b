//! Pairwise cover: a few rows of a table in which each two values of its dimensions meet that meet
//! anywhere.

use std::collections::BTreeSet;

/// One value for each dimension.
pub(crate) type Row = [usize; 4];

/// Two values, each with its dimension.
type Pair = [(usize, usize); 2];

fn pairs(row: Row) -> impl Iterator<Item = Pair> {
    (0..row.len()).flat_map(move |a| (0..a).map(move |b| [(b, row[b]), (a, row[a])]))
}

fn strike(missing: &mut BTreeSet<Pair>, row: Row) {
    for pair in pairs(row) {
        missing.remove(&pair);
    }
}

/// Rows of `possible` in which, together with `given`, all pairs meet that meet in `possible`. Greedy:
/// always the row with most pairs that have not met yet, of several the first.
pub(crate) fn cover(possible: &[Row], given: &[Row]) -> Vec<Row> {
    let mut missing: BTreeSet<Pair> = possible.iter().copied().flat_map(pairs).collect();
    given.iter().for_each(|row| strike(&mut missing, *row));
    let mut rows = Vec::new();
    while let Some(row) = best(possible, |pair| missing.contains(pair)) {
        strike(&mut missing, row);
        rows.push(row);
    }
    rows
}

/// The places in `runs` of rows in which all pairs of `row` meet; `None` if one meets in none of them.
pub(crate) fn covered_by(row: Row, runs: &[Row]) -> Option<Vec<usize>> {
    let mut missing: BTreeSet<Pair> = pairs(row).collect();
    let mut places = Vec::new();
    while !missing.is_empty() {
        let next = best(runs, |pair| missing.contains(pair))?;
        strike(&mut missing, next);
        places.push(runs.iter().position(|run| *run == next)?);
    }
    places.sort_unstable();
    Some(places)
}

/// The row with most pairs of a kind, of several the first; `None` if none has one.
fn best(rows: &[Row], wanted: impl Fn(&Pair) -> bool) -> Option<Row> {
    let count = |row: &Row| pairs(*row).filter(&wanted).count();
    let best = rows.iter().rev().copied().max_by_key(count)?;
    (count(&best) > 0).then_some(best)
}

/// All rows of dimensions of these sizes.
pub(crate) fn rows(sizes: Row) -> Vec<Row> {
    let mut rows = vec![[0; 4]];
    for (dimension, size) in sizes.into_iter().enumerate() {
        let values = |row: Row| {
            (0..size).map(move |value| {
                let mut row = row;
                row[dimension] = value;
                row
            })
        };
        rows = rows.into_iter().flat_map(values).collect();
    }
    rows
}

/// The tests of this file.
pub(crate) mod tests {
    use super::*;

    /// Looks at each two values of each two dimensions.
    fn all_meet(possible: &[Row], rows: &[Row]) -> bool {
        let meet = |rows: &[Row], a: usize, x: usize, b: usize, y: usize| {
            rows.iter().any(|row| row[a] == x && row[b] == y)
        };
        let dimensions = (0..4).flat_map(|a| (0..4).map(move |b| (a, b)));
        dimensions.filter(|(a, b)| a < b).all(|(a, b)| {
            let values = (0..8).flat_map(|x| (0..8).map(move |y| (x, y)));
            let mut values = values.filter(|(x, y)| meet(possible, a, *x, b, *y));
            values.all(|(x, y)| meet(rows, a, x, b, y))
        })
    }

    pub(crate) fn each_two_values_meet() {
        for sizes in [[4, 4, 3, 4], [1, 1, 3, 4], [2, 2, 2, 2], [3, 5, 1, 4]] {
            let all = rows(sizes);
            assert_eq!(all.len(), sizes.iter().product::<usize>());
            let alike = |row: &&Row| row[0] == row[1];
            let some: Vec<_> =
                all.iter().filter(|row| row[2] != 1 || row[3] < 2).copied().collect();
            for possible in [all, some] {
                for given in [vec![], possible.iter().filter(alike).copied().collect()] {
                    let rows = [&given[..], &cover(&possible, &given)].concat();
                    assert!(all_meet(&possible, &rows), "{sizes:?}");
                    assert!(rows.iter().all(|row| possible.contains(row)));
                }
            }
        }
    }

    /// Two dimensions of 4 need 16 rows, and a few more are no harm.
    pub(crate) fn few_rows_do() {
        let cover = cover(&rows([4, 4, 3, 4]), &[]);
        assert!((16..=20).contains(&cover.len()), "{}", cover.len());
        for left in 0..cover.len() {
            let mut less = cover.clone();
            less.remove(left);
            // Each was chosen for a pair that had not met before it; the last one has no other.
            let last = left == cover.len() - 1;
            assert!(!last || !all_meet(&rows([4, 4, 3, 4]), &less));
        }
    }

    pub(crate) fn what_covers_a_row_is_named() {
        let all = rows([4, 4, 3, 4]);
        let runs = cover(&all, &[]);
        for row in all {
            let places = covered_by(row, &runs).expect("all pairs meet");
            let named: Vec<_> = places.iter().map(|place| runs[*place]).collect();
            assert!(all_meet(&[row], &named), "{row:?} by {named:?}");
        }
        let row = [0, 0, 0, 0];
        assert_eq!(covered_by(row, &[[1, 1, 1, 1], row, [0, 0, 1, 1]]), Some(vec![1]));
        assert_eq!(covered_by(row, &[[0, 0, 1, 0], [0, 0, 0, 1]]), None, "two values do not meet");
    }
}
