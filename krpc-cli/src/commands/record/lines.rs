//! A file of lines that is whole after each of them, compressed or not.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use flate2::{Compress, Compression, Crc, FlushCompress};

/// A member of gzip: deflated, without a name or a time, of a system of any kind.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A block of deflate that is the last one and empty.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// At least so much room is made for what is compressed.
const ROOM: usize = 4 << 10;

pub(super) struct Lines {
    file: File,
    gzip: Option<Gzip>,
    /// What comes before the end.
    good: u64,
    /// What a compressed file needs at its end. The next line is written over it, and it again behind that.
    end: Vec<u8>,
    /// What is written next.
    next: Vec<u8>,
}

impl Lines {
    /// Lines for a file in which there is nothing.
    pub(super) fn new(file: File, gzip: bool) -> Self {
        let gzip = gzip.then(Gzip::new);
        Lines { file, gzip, good: 0, end: Vec::new(), next: Vec::new() }
    }

    /// Adds a line. If that fails, a part of it may be there, which [`Lines::restore`] takes back; nothing
    /// can be added any more.
    pub(super) fn add(&mut self, line: &[u8]) -> io::Result<()> {
        self.next.clear();
        let end = match &mut self.gzip {
            None => {
                self.next.extend_from_slice(line);
                Vec::new()
            }
            Some(gzip) => {
                if self.good == 0 {
                    self.next.extend(HEADER);
                }
                gzip.add(line, &mut self.next)?;
                gzip.end()
            }
        };
        let len = self.next.len() as u64;
        self.next.extend_from_slice(&end);
        self.file.write_all_at(&self.next, self.good)?;
        self.good += len;
        self.end = end;
        Ok(())
    }

    /// Whether there are none yet.
    pub(super) fn is_empty(&self) -> bool {
        self.good == 0
    }

    /// Takes back what was written of a line. That takes no room: the end has been there before.
    pub(super) fn restore(&self) -> io::Result<()> {
        self.file.write_all_at(&self.end, self.good)?;
        self.file.set_len(self.good + self.end.len() as u64)
    }
}

struct Gzip {
    deflate: Compress,
    crc: Crc,
}

impl Gzip {
    fn new() -> Self {
        Gzip { deflate: Compress::new(Compression::fast(), false), crc: Crc::new() }
    }

    /// Compresses a line up to its last byte.
    fn add(&mut self, line: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.crc.update(line);
        let mut rest = line;
        loop {
            out.reserve(ROOM);
            let before = self.deflate.total_in();
            self.deflate.compress_vec(rest, out, FlushCompress::Sync)?;
            rest = &rest[(self.deflate.total_in() - before) as usize..];
            // There is room left only where nothing is left to be flushed.
            if rest.is_empty() && out.len() < out.capacity() {
                return Ok(());
            }
        }
    }

    /// What makes a whole file of what was compressed so far.
    fn end(&self) -> Vec<u8> {
        let (sum, amount) = (self.crc.sum().to_le_bytes(), self.crc.amount().to_le_bytes());
        [&LAST_BLOCK[..], &sum, &amount].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::random::Random;

    /// A file without a name.
    fn file() -> (File, File) {
        let path = std::env::temp_dir().join(format!(
            "krpc-cli-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let file = File::create_new(&path).unwrap();
        let reader = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        (file, reader)
    }

    fn content(file: &File) -> Vec<u8> {
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    /// Lines of many lengths, of which some do not get shorter.
    fn lines() -> Vec<Vec<u8>> {
        let mut random = Random::new(1);
        let mut noise = || random.next() as u8;
        let lens = [0, 1, 5, 300, 4_000, 4_090, 4_096, 70_000, 200_000, 2];
        lens.iter().map(|len| (0..*len).map(|_| noise()).collect()).collect()
    }

    #[test]
    fn it_is_whole_after_each_line() {
        for gzip in [false, true] {
            let (file, reader) = file();
            let mut lines_of = Lines::new(file, gzip);
            let mut all = Vec::new();
            for line in lines() {
                lines_of.add(&line).unwrap();
                all.extend(line);
                let mut found = content(&reader);
                if gzip {
                    let packed = std::mem::take(&mut found);
                    GzDecoder::new(&packed[..]).read_to_end(&mut found).unwrap();
                }
                assert!(found == all, "{gzip}: {} of {} bytes", found.len(), all.len());
            }
        }
    }

    #[test]
    fn what_was_written_of_a_line_is_taken_back() {
        for gzip in [false, true] {
            let (file, reader) = file();
            let mut lines = Lines::new(file, gzip);
            lines.restore().unwrap();
            assert_eq!(content(&reader), b"");
            lines.add(b"one\n").unwrap();
            let good = content(&reader);
            lines.file.write_all_at(b"a part of the next one", lines.good).unwrap();
            lines.restore().unwrap();
            assert_eq!(content(&reader), good);
        }
    }
}
