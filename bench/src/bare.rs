//! Connections of the runtimes themselves: a socket and a timer in a task, which never hears of either.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use async_io::Async;
use futures_util::future::{Either, select};
use std::pin::pin;

use crate::adapter::{Adapter, smol, tokio};

/// When the timers would fire.
const LATE: Duration = Duration::from_secs(3_600);

/// Waits for whichever comes.
async fn idle(readable: impl Future, timer: impl Future) {
    match select(pin!(readable), pin!(timer)).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}

/// Puts connections into tasks of a runtime.
#[derive(Debug)]
pub struct Bare(Kind);

#[derive(Debug)]
enum Kind {
    Tokio(::tokio::runtime::Handle),
    Smol(Arc<async_executor::Executor<'static>>),
    /// No runtime at all.
    Blocking(Vec<TcpStream>),
}

impl Bare {
    /// On the runtime of an adapter.
    pub fn new(adapter: Adapter) -> Self {
        Bare(match adapter {
            Adapter::Tokio => Kind::Tokio(tokio()),
            Adapter::Smol => Kind::Smol(smol()),
            Adapter::Blocking => Kind::Blocking(Vec::new()),
        })
    }

    fn keep(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        match &mut self.0 {
            Kind::Tokio(runtime) => {
                drop(runtime.spawn(async move {
                    let stream = ::tokio::net::TcpStream::from_std(stream).expect("it is one");
                    idle(stream.readable(), ::tokio::time::sleep(LATE)).await;
                }));
            }
            Kind::Smol(executor) => {
                let stream = Async::new_nonblocking(stream)?;
                let task =
                    async move { idle(stream.readable(), async_io::Timer::after(LATE)).await };
                executor.spawn(task).detach();
            }
            Kind::Blocking(streams) => streams.push(stream),
        }
        Ok(())
    }

    /// Accepts connections and keeps them. `kept` counts them.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn serve(mut self, kept: Arc<AtomicUsize>) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming() {
                stream.and_then(|stream| self.keep(stream)).expect("there are file descriptors");
                kept.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(address)
    }

    /// Connects so many times, and keeps the connections.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn connect(&mut self, server: SocketAddr, connections: usize) -> io::Result<()> {
        (0..connections).try_for_each(|_| self.keep(TcpStream::connect(server)?))
    }
}
