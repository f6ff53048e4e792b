//! Where TLS records begin and end, which rustls does not tell.

/// Bytes of a record's header: type, version, length.
const HEADER: usize = 5;

/// Follows a stream of records from its first byte on.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Bytes of the header that have come.
    header: usize,
    /// Bytes of the record that are still to come, once the header is complete.
    left: usize,
}

impl Records {
    pub(super) fn follow(&mut self, mut data: &[u8]) {
        while let Some((&byte, rest)) = data.split_first() {
            if self.header < HEADER {
                self.header += 1;
                // The last two bytes are the length.
                if self.header > HEADER - 2 {
                    self.left = (self.left << 8) | usize::from(byte);
                }
                data = rest;
            } else {
                let step = self.left.min(data.len());
                self.left -= step;
                data = &data[step..];
            }
            if self.header == HEADER && self.left == 0 {
                self.header = 0;
            }
        }
    }

    /// Whether a record was begun and is not complete.
    pub(super) fn is_mid_record(&self) -> bool {
        self.header > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_followed_through_any_cut() {
        // Of 3 bytes, of none, of 300.
        let mut stream = vec![23, 3, 3, 0, 3, 1, 2, 3, 22, 3, 3, 0, 0, 23, 3, 3, 1, 44];
        stream.resize(18 + 300, 7);
        let ends = [8, 13, 318];
        for chunk in 1..=stream.len() {
            let (mut records, mut at) = (Records::default(), 0);
            for piece in stream.chunks(chunk) {
                records.follow(piece);
                at += piece.len();
                assert_eq!(records.is_mid_record(), !ends.contains(&at), "{chunk} {at}");
            }
        }
    }
}
