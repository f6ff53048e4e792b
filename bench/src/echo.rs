//! Frames of the right size over bare sockets of tokio, with as many in flight as a load has.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::raw::Frames;

/// Read at once, as the library does.
const READ: usize = 16 << 10;

/// What was read and is no whole frame yet.
#[derive(Debug)]
struct Input {
    buffer: Vec<u8>,
    filled: usize,
}

impl Input {
    fn new() -> Self {
        Input { buffer: vec![0; READ], filled: 0 }
    }

    /// Reads once. Returns how many frames are whole now.
    async fn read(&mut self, stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<usize> {
        let n = stream.read(&mut self.buffer[self.filled..]).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += n;
        let (mut at, mut frames) = (0, 0);
        while let Some(length) = self.buffer[at..self.filled].first_chunk() {
            let end = at + 4 + u32::from_be_bytes(*length) as usize;
            if end > self.filled {
                break;
            }
            (at, frames) = (end, frames + 1);
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(frames)
    }
}

/// Answers all frames that a read brings with one write.
///
/// # Errors
///
/// Those of the system.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let reply = Frames::record().reply;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let reply = reply.clone();
        tokio::spawn(async move {
            let mut input = Input::new();
            // Until the client has gone.
            while let Ok(frames) = input.read(&mut stream).await {
                if stream.write_all(&reply.repeat(frames)).await.is_err() {
                    break;
                }
            }
        });
    }
}

/// One task that sends as many frames as it has got replies. Returns how many it got.
///
/// # Errors
///
/// Those of the system.
pub async fn ping(server: SocketAddr, depth: usize, until: Instant) -> io::Result<u64> {
    let call = Frames::record().call;
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut input, mut calls) = (Input::new(), 0);
    stream.write_all(&call.repeat(depth)).await?;
    while Instant::now() < until {
        let frames = input.read(&mut stream).await?;
        calls += frames as u64;
        stream.write_all(&call.repeat(frames)).await?;
    }
    Ok(calls)
}

/// The same with a caller for each frame in flight, who waits for its reply: the least that anything
/// has which callers share. Returns how many replies they got.
///
/// # Errors
///
/// Those of the system.
pub async fn call(server: SocketAddr, depth: usize, until: Instant) -> io::Result<u64> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (sender, mut calls) = mpsc::unbounded_channel::<(Vec<u8>, oneshot::Sender<()>)>();
    tokio::spawn(async move {
        let (mut input, mut waiting, mut new) = (Input::new(), VecDeque::new(), Vec::new());
        loop {
            tokio::select! {
                n = calls.recv_many(&mut new, 1_024) => {
                    if n == 0 {
                        break;
                    }
                    let mut frames = Vec::new();
                    for (frame, reply) in new.drain(..) {
                        frames.extend_from_slice(&frame);
                        waiting.push_back(reply);
                    }
                    stream.write_all(&frames).await.expect("the server lives");
                }
                frames = input.read(&mut stream) => {
                    for _ in 0..frames.expect("the server lives") {
                        let caller: oneshot::Sender<()> = waiting.pop_front().expect("it was asked");
                        // Callers wait.
                        let _ = caller.send(());
                    }
                }
            }
        }
    });
    let frame = Frames::record().call;
    let chain = || async {
        let mut calls = 0;
        while Instant::now() < until {
            let (reply, replied) = oneshot::channel();
            sender.send((frame.clone(), reply)).expect("the task lives");
            replied.await.expect("it is answered");
            calls += 1;
        }
        calls
    };
    let chains: FuturesUnordered<_> = (0..depth).map(|_| chain()).collect();
    Ok(chains.fold(0, |sum, calls| async move { sum + calls }).await)
}
