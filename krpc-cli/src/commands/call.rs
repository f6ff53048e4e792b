//! `krpc call`: any method, its messages as JSON.

use std::fs;
use std::path::Path;
use std::time::Instant;

use krpc_tokio::CallRequest;
use krpc_tokio::core::{CallError, ErrorStatus, InboundReply, Method};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::{Value, json};

use crate::args::Call;
use crate::dynamic::{self, Descriptors};
use crate::failure::Failure;
use crate::files;
use crate::output::{self, line, note, plain};
use crate::payloads::Payloads;
use crate::session::{self, Session};
use crate::units::millis;

use super::cancel::{self, Ended};
use super::describe;

pub(crate) async fn run(args: Call) -> Result<(), Failure> {
    cancel::check(&args)?;
    let descriptors = Descriptors::with_files(&args.proto).map_err(Failure::usage)?;
    let Some(target) = &args.target else {
        return describe::services(&descriptors, args.json);
    };
    let (service, method) = match target.split_once('/') {
        Some((service, method)) => (service, Some(method)),
        None => (target.as_str(), None),
    };
    let service = descriptors.service(service).map_err(Failure::usage)?;
    let Some(method) = method else {
        return describe::service(&service, args.json);
    };
    let method = Descriptors::method(&service, method).map_err(Failure::usage)?;
    if method.is_client_streaming() || method.is_server_streaming() {
        return Err(Failure::usage(format_args!(
            "{} is declared with 'stream', and a call of KRPC has one request and one reply",
            method.full_name()
        )));
    }
    call(&args, &descriptors, &method).await
}

async fn call(args: &Call, known: &Descriptors, method: &MethodDescriptor) -> Result<(), Failure> {
    let request = dynamic::from_json(&method.input(), &data(args.data.as_deref())?);
    let request = request.map_err(Failure::usage)?;
    let sidecars = args.sidecar.iter().map(|path| files::read(path));
    let sidecars: Vec<_> = sidecars.collect::<Result<_, _>>()?;
    if let Some(dir) = &args.out_sidecars {
        fs::create_dir_all(dir).map_err(|e| Failure::file("create the folder", dir, &e))?;
    }
    let config = cancel::config(&args.cancel, session::config(&args.connect)?);
    let deadline = Instant::now() + args.connect.timeout.time;
    let session = Session::open_with(&args.address, &args.connect, config, deadline).await?;

    let began = Instant::now();
    let what = Method::new(method.parent_service().full_name(), method.name());
    let payloads = Payloads::new();
    let mut request = CallRequest::new(what, payloads.own(request.encode_to_vec()));
    request.sidecars = sidecars.into_iter().map(|bytes| payloads.own(bytes).into()).collect();
    request.required_features = args.feature.clone();
    let reply = match &args.cancel.cancel_after {
        None => session.call(request).await,
        Some(after) => {
            let name = method.full_name().to_owned();
            let told =
                cancel::run(&session, name, request, after.time, &payloads, args.json).await?;
            match told {
                Ended::Cancelled => return Ok(()),
                Ended::Itself(reply) => {
                    note(format_args!("the call was done before it was to be cancelled"));
                    reply
                }
            }
        }
    };
    let reply = reply.map_err(|e| failed(args, known, method, &e))?;
    let took = began.elapsed();

    let invalid = |said: String| {
        let advice = "the server's version of the message may differ: see --proto";
        Failure::call(
            format_args!("{} on {} failed", method.full_name(), args.address),
            said,
            Some(advice),
        )
    };
    let response = DynamicMessage::decode(method.output(), reply.body.clone())
        .map_err(|e| invalid(format!("the reply is malformed: {e}")))?;
    let missing = dynamic::missing_fields(&response);
    if !missing.is_empty() {
        return Err(invalid(format!(
            "invalid RPC response, missing fields: {}",
            missing.join(", ")
        )));
    }
    let (sidecars, kept) = keep_sidecars(args, &reply);
    let response = dynamic::to_json(&response);
    // The reply is worth having even if its sidecars could not be kept.
    let shown = match args.json {
        true => json!({ "reply": response, "sidecars": sidecars, "ms": millis(took) }),
        false => response,
    };
    let printed = line(output::json(&shown));
    kept.and(printed)
}

/// The text of the request.
fn data(given: Option<&str>) -> Result<String, Failure> {
    match given {
        None => Ok("{}".into()),
        Some("-") => files::read_input(),
        Some(text) => match text.strip_prefix('@') {
            None => Ok(text.into()),
            Some(path) => files::read_text(Path::new(path)),
        },
    }
}

/// Writes the reply's sidecars to files, if that was asked for. Tells what there is, and the first
/// failure: the others are written all the same, because there may be no second reply like this.
fn keep_sidecars(args: &Call, reply: &InboundReply) -> (Vec<Value>, Result<(), Failure>) {
    let Some(dir) = &args.out_sidecars else {
        let sizes: Vec<_> = reply.sidecars.iter().map(|s| s.len()).collect();
        if !sizes.is_empty() && !args.json {
            let (count, total) = (sizes.len(), sizes.iter().sum::<usize>());
            note(format_args!(
                "the reply has {count} sidecars of {total} bytes together; --out-sidecars DIR keeps them"
            ));
        }
        return (sizes.iter().map(|size| json!({ "bytes": size })).collect(), Ok(()));
    };
    let (mut told, mut kept) = (Vec::new(), Ok(()));
    for (n, sidecar) in reply.sidecars.iter().enumerate() {
        let (path, bytes) = (dir.join(n.to_string()), sidecar.len());
        let shown = path.display();
        match fs::write(&path, &sidecar) {
            Ok(()) => {
                told.push(json!({ "bytes": bytes, "file": shown.to_string() }));
                if !args.json {
                    note(format_args!("sidecar {n}: {bytes} bytes in {shown}"));
                }
            }
            Err(e) => {
                told.push(json!({ "bytes": bytes, "error": e.to_string() }));
                let failure = || Failure::call(format_args!("cannot write '{shown}'"), e, None);
                kept = kept.and_then(|()| Err(failure()));
            }
        }
    }
    (told, kept)
}

/// What went wrong, with the application's own error where there is one that we can read.
fn failed(
    args: &Call,
    known: &Descriptors,
    method: &MethodDescriptor,
    error: &CallError,
) -> Failure {
    let failure = Failure::method(method.full_name(), &args.address, error);
    let CallError::Remote(status) = error else { return failure };
    match (extension(known, status), failure) {
        (Some(extension), Failure::Call { said, advice }) => {
            Failure::Call { said: format!("{said}; it adds {extension}"), advice }
        }
        (_, failure) => failure,
    }
}

fn extension(known: &Descriptors, status: &ErrorStatus) -> Option<String> {
    let desc = known.message("kudu.rpc.ErrorStatusPB")?;
    let message = DynamicMessage::decode(desc, status.encode()).ok()?;
    let Value::Object(fields) = dynamic::to_json(&message) else { return None };
    let extensions = fields.into_iter().filter(|(name, _)| name.starts_with('['));
    let extensions: serde_json::Map<_, _> = extensions.collect();
    (!extensions.is_empty()).then(|| plain(&Value::Object(extensions).to_string()))
}
