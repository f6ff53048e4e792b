//! Other processes of the same program, which are told line by line what to do.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};

use crate::cpu::Used;

/// One of them. It ends when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program with other arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let program = env::current_exe().expect("the program knows where it is");
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let orders = process.stdin.take().expect("it was piped");
        let answers = BufReader::new(process.stdout.take().expect("it was piped"));
        Child { process, orders, answers }
    }

    /// Tells it to do something.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it lives");
    }

    /// Waits for the next line that it says, and takes it apart.
    pub fn answer(&mut self) -> Vec<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        assert!(line.ends_with('\n'), "it has ended");
        line.split_whitespace().map(str::to_owned).collect()
    }

    /// What its threads have used so far.
    pub fn used(&self) -> Used {
        Used::by(self.process.id())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In the other process: the orders, until there will be no more.
pub fn orders() -> impl Iterator<Item = String> {
    std::io::stdin().lines().map_while(Result::ok)
}
