//! One connection of a command: set up as the command line says, and watched.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use krpc_tokio::core::{
    CallError, ClientConfig, ClientTls, ConnectionError, Encryption, FrameKind, FrameSeen,
    InboundReply, NegotiationInfo, Observer, Roots, UserCredentials,
};
use krpc_tokio::{CallRequest, Timeout, login_user};

use crate::address::Address;
use crate::args::{Connect, Tls};
use crate::failure::{Failure, Tried};
use crate::files;
use crate::negotiation;
use crate::output::note;
use crate::runtime::{Call, Channel, Runtime};

/// An open connection and what was seen while it opened.
pub(crate) struct Session {
    pub(crate) channel: Channel,
    pub(crate) info: NegotiationInfo,
    pub(crate) trace: Arc<Trace>,
    pub(crate) negotiated: Instant,
    pub(crate) target: Address,
    deadline: Instant,
}

impl Session {
    /// Connects and negotiates. The time limit of `connect` covers this and all calls made later.
    /// With `-v` it tells how it went.
    pub(crate) async fn open(target: &Address, connect: &Connect) -> Result<Session, Failure> {
        Self::open_until(target, connect, Instant::now() + connect.timeout.time).await
    }

    /// The same with a deadline of the caller's.
    pub(crate) async fn open_until(
        target: &Address,
        connect: &Connect,
        deadline: Instant,
    ) -> Result<Session, Failure> {
        Self::open_with(target, connect, config(connect)?, deadline).await
    }

    /// The same with settings that were made of the command line.
    pub(crate) async fn open_with(
        target: &Address,
        connect: &Connect,
        config: ClientConfig,
        deadline: Instant,
    ) -> Result<Session, Failure> {
        let trace = Arc::new(Trace::new());
        let result = Self::connect(target, connect, config, deadline, trace.clone()).await;
        if connect.verbose {
            match &result {
                Ok(session) => note(negotiation::Report::new(session)),
                Err(_) => note(negotiation::Steps(&trace)),
            }
        }
        result
    }

    /// The same into a trace of the caller's, and nothing printed.
    pub(crate) async fn open_quietly(
        target: &Address,
        connect: &Connect,
        deadline: Instant,
        trace: Arc<Trace>,
    ) -> Result<Session, Failure> {
        Self::connect(target, connect, config(connect)?, deadline, trace).await
    }

    async fn connect(
        target: &Address,
        connect: &Connect,
        config: ClientConfig,
        deadline: Instant,
        trace: Arc<Trace>,
    ) -> Result<Session, Failure> {
        let limit = connect.timeout.left(deadline.saturating_duration_since(Instant::now()));
        let channel = channel(connect.runtime, target, config, deadline, &trace)?;
        let opened = Self::over(channel, target, deadline, trace.clone()).await;
        opened.map_err(|error| {
            let (limit, checked) = (&limit, connect.ca.is_some());
            let seen = trace.frames().into_iter().map(|(_, frame)| frame).collect();
            Failure::connection(&Tried { target, limit, checked, seen }, &error)
        })
    }

    /// Connects and negotiates over a channel that [`channel`] made for the same target.
    pub(crate) async fn over(
        channel: Channel,
        target: &Address,
        deadline: Instant,
        trace: Arc<Trace>,
    ) -> Result<Session, ConnectionError> {
        let info = channel.connect_now().await?;
        let (negotiated, target) = (Instant::now(), target.clone());
        Ok(Session { channel, info, trace, negotiated, target, deadline })
    }

    /// Makes a call whose messages are bytes.
    pub(crate) async fn call(&self, request: CallRequest) -> Result<InboundReply, CallError> {
        self.start(request).await
    }

    /// Starts such a call.
    pub(crate) fn start(&self, mut request: CallRequest) -> Call {
        request.timeout = Some(Timeout::At(self.deadline));
        self.channel.call_raw(request)
    }

    /// When the time limit is over.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }
}

/// A channel whose connection is watched and has to be there by the deadline.
pub(crate) fn channel(
    runtime: Runtime,
    target: &Address,
    config: ClientConfig,
    deadline: Instant,
    trace: &Arc<Trace>,
) -> Result<Channel, Failure> {
    let time = deadline.saturating_duration_since(Instant::now());
    let config = config.negotiation_timeout(time).observer(trace.clone());
    runtime.connector(config).channel(&target.to_string()).map_err(Failure::usage)
}

/// What the command line says about connections.
pub(crate) fn config(connect: &Connect) -> Result<ClientConfig, Failure> {
    let user = match &connect.user {
        Some(name) => UserCredentials::new(name),
        None => login_user(),
    };
    let mut tls = ClientTls::new();
    let mut when = connect.tls;
    if let Some(path) = &connect.ca {
        if when == Tls::Disabled {
            return Err(Failure::usage("--ca checks a certificate, and --tls disabled has none"));
        }
        when = Tls::Required;
        let roots = Roots::from_pem(&files::read(path)?)
            .map_err(|e| Failure::usage(format_args!("'{}': {e}", path.display())))?;
        tls = tls.verify(roots);
    }
    Ok(ClientConfig::new(user)
        .encryption(encryption(when))
        .encrypt_loopback(connect.loopback_encryption)
        .tls(tls))
}

pub(crate) fn encryption(tls: Tls) -> Encryption {
    match tls {
        Tls::Disabled => Encryption::Disabled,
        Tls::Optional => Encryption::Optional,
        Tls::Required => Encryption::Required,
    }
}

/// Remembers the frames of a negotiation and when they passed, and the size of the first call.
#[derive(Debug)]
pub(crate) struct Trace {
    started: Instant,
    frames: Mutex<Vec<(Duration, FrameSeen)>>,
    first_call: OnceLock<usize>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Trace { started: Instant::now(), frames: Mutex::default(), first_call: OnceLock::new() }
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Bytes of the first call, once its turn to be sent has come.
    pub(crate) fn first_call(&self) -> Option<usize> {
        self.first_call.get().copied()
    }

    /// The frames up to now that belong to the negotiation, with their times since the start.
    pub(crate) fn frames(&self) -> Vec<(Duration, FrameSeen)> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Trace {
    /// The connection's own time stands still during a turn of its driver, which may be all of a
    /// negotiation.
    fn frame(&self, _now: Instant, frame: &FrameSeen) {
        if frame.kind == FrameKind::Request {
            self.first_call.get_or_init(|| frame.size);
        }
        if negotiation::belongs(frame) {
            let since = self.started.elapsed();
            self.frames.lock().unwrap_or_else(PoisonError::into_inner).push((since, *frame));
        }
    }
}
