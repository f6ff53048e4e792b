//! TLS records, which are counted and not read.

/// Bytes in front of a record's own.
const HEAD: usize = 5;

/// What a record may have at most, by the loosest of the versions.
const LONGEST: u16 = (16 << 10) + 2048;

/// Records of one side.
#[derive(Debug, Default)]
pub(super) struct Records {
    records: u64,
    bytes: u64,
    held: Vec<u8>,
    /// Of the record that is being read.
    left: usize,
    /// Where records begin is not known any more.
    blind: bool,
}

impl Records {
    /// Whether these are the first bytes of a record. As the length of a frame they would be more
    /// than 320 MiB.
    pub(super) fn begin(bytes: &[u8]) -> bool {
        matches!(bytes, [0x14..=0x17, 3, ..])
    }

    pub(super) fn feed(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            let room = match (self.blind, self.left) {
                (true, _) => bytes.len(),
                (false, 0) => HEAD - self.held.len(),
                (false, left) => left,
            };
            let (taken, rest) = bytes.split_at(room.min(bytes.len()));
            *bytes = rest;
            self.bytes += taken.len() as u64;
            if self.blind {
            } else if self.left > 0 {
                self.left -= taken.len();
            } else {
                self.held.extend_from_slice(taken);
                if let Some(&[_, _, _, high, low]) = self.held.first_chunk::<HEAD>() {
                    let len = u16::from_be_bytes([high, low]);
                    if !Self::begin(&self.held) || len > LONGEST {
                        let at = self.bytes - HEAD as u64;
                        return Err(format!(
                            "no TLS record begins {at} bytes into the records of this side"
                        ));
                    }
                    self.records += 1;
                    self.left = usize::from(len);
                    self.held.clear();
                }
            }
        }
        Ok(())
    }

    pub(super) fn gap(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        match usize::try_from(bytes) {
            Ok(bytes) if bytes <= self.left => self.left -= bytes,
            _ => self.blind = true,
        }
    }

    /// Whether a record lacks its end.
    pub(super) fn unfinished(&self) -> bool {
        !self.blind && (self.left > 0 || !self.held.is_empty())
    }

    /// Records, and bytes of them.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.records, self.bytes)
    }
}
