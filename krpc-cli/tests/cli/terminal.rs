//! A terminal that a test reads.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Shows what a program prints, as far as one line goes.
pub(crate) struct Terminal {
    pty: File,
    bytes: mpsc::Receiver<u8>,
    /// The lines that ended.
    pub(crate) lines: Vec<String>,
    line: Vec<char>,
    at: usize,
}

impl Terminal {
    /// A terminal, and the end of it that a program gets.
    pub(crate) fn new() -> (Self, File) {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let pty = openpt(flags).expect("there are terminals");
        grantpt(&pty).expect("it is ours");
        unlockpt(&pty).expect("it is ours");
        let name = ptsname(&pty, Vec::new()).expect("it has a name");
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(flags.bits() as i32);
        let theirs = options.open(OsStr::from_bytes(name.as_bytes())).expect("it can be opened");
        let pty = File::from(pty);
        let read = pty.try_clone().expect("it can be shared");
        let (sender, bytes) = mpsc::channel();
        // Linux says that nobody has it open by an error.
        thread::spawn(move || {
            BufReader::new(read).bytes().map_while(Result::ok).try_for_each(|b| sender.send(b))
        });
        (Terminal { pty, bytes, lines: Vec::new(), line: Vec::new(), at: 0 }, theirs)
    }

    /// Reads until the line is such, or nobody can write any more; returns it.
    pub(crate) fn until(&mut self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match self.bytes.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(byte) => self.show(byte.into()),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("at last it shows '{}'", self.line()),
            }
            // It is whole when the cursor has gone back.
            if self.at == 0 && wanted(&self.line()) {
                return Some(self.line());
            }
        }
    }

    /// Reads until nobody can write any more.
    pub(crate) fn ends(&mut self) {
        assert_eq!(self.until(|_| false), None);
    }

    pub(crate) fn set_width(&self, columns: u16) {
        let size = Winsize { ws_col: columns, ws_row: 24, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.pty, size).expect("it is a terminal");
    }

    /// What stands in the line of the cursor.
    pub(crate) fn line(&self) -> String {
        self.line.iter().collect::<String>().trim_end().to_owned()
    }

    fn show(&mut self, c: char) {
        match c {
            '\r' => self.at = 0,
            '\n' => {
                self.lines.push(self.line());
                self.line.clear();
            }
            c => {
                assert!(!c.is_control(), "{c:?} is not known here");
                self.line.resize(self.line.len().max(self.at + 1), ' ');
                self.line[self.at] = c;
                self.at += 1;
            }
        }
    }
}
