//! Which of the known names was meant.

/// `did you mean 'x'? there are: a, b, x`, for a name that is not among `known`.
///
/// A name that is near, or of which the given one is a part, is suggested. All are listed, in the
/// order given, so that the answer is there even if the guess is wrong.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let lower = name.to_lowercase();
    let near = known
        .iter()
        .map(|k| (distance(&lower, &k.to_lowercase()), k))
        .min()
        .filter(|(d, _)| *d <= (name.chars().count() / 3).max(1))
        .map(|(_, k)| *k);
    let part = || known.iter().find(|k| k.to_lowercase().contains(&lower)).copied();
    let guess = match near.or_else(|| part().filter(|_| lower.len() > 2)) {
        Some(guess) => format!("did you mean '{guess}'? "),
        None => String::new(),
    };
    match known.as_slice() {
        [] => "there are none".into(),
        [only] => format!("{guess}there is only '{only}'"),
        all => format!("{guess}there are: {}", all.join(", ")),
    }
}

/// How many characters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (a, b, d) in
            [("", "", 0), ("a", "", 1), ("add", "Add", 1), ("pign", "ping", 1), ("abc", "xyz", 3)]
        {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
    }

    #[test]
    fn suggests_the_near_and_lists_all() {
        let known = ["GetStatus", "GetFlags", "ServerClock"];
        assert_eq!(
            did_you_mean("getstatsu", known),
            "did you mean 'GetStatus'? there are: GetStatus, GetFlags, ServerClock"
        );
        assert!(did_you_mean("clock", known).starts_with("did you mean 'ServerClock'?"));
        assert_eq!(did_you_mean("zzzzzz", known), "there are: GetStatus, GetFlags, ServerClock");
        assert_eq!(did_you_mean("x", []), "there are none");
        assert_eq!(did_you_mean("dta", ["data"]), "did you mean 'data'? there is only 'data'");
    }
}
