//! A way to a server that can be closed: what the first connection sends stops in the middle until the
//! way is opened.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use socket2::{Domain, SockRef, Socket, Type};

/// Enough for a negotiation, and less than what is called then.
const PASSES: usize = 4 << 10;

/// Room on the way. A call has to be larger than this and what the caller's own socket takes.
const ROOM: usize = 16 << 10;

pub(crate) struct Way {
    pub(crate) addr: String,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn wait(&self) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }
}

impl Way {
    pub(crate) fn to(server: &str) -> Way {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(ROOM).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(16).unwrap();
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr().unwrap().to_string();
        let gate = Arc::<Gate>::default();
        let (server, first) = (server.to_owned(), gate.clone());
        thread::spawn(move || {
            let mut gate = Some(first);
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&server).unwrap();
                let (to_client, to_server) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                let gate = gate.take();
                thread::spawn(move || forward(client, to_server, gate));
                thread::spawn(move || forward(server, to_client, None));
            }
        });
        Way { addr, gate }
    }

    /// Everything passes from now on.
    pub(crate) fn open(&self) {
        *self.gate.open.lock().unwrap() = true;
        self.gate.opened.notify_all();
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, gate: Option<Arc<Gate>>) {
    let (mut buffer, mut passed) = ([0; 4 << 10], 0);
    loop {
        if let Some(gate) = gate.as_ref().filter(|_| passed > PASSES) {
            gate.wait();
        }
        match from.read(&mut buffer) {
            Ok(0) => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(n) if to.write_all(&buffer[..n]).is_ok() => passed += n,
            // Passed on as it came.
            _ => {
                let _ = SockRef::from(&to).set_linger(Some(std::time::Duration::ZERO));
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}
