//! `krpc call`: any method, its messages as JSON.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use krpc_tokio::CallRequest;
use krpc_tokio::core::{CallError, ErrorStatus, InboundReply, Method};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::{Value, json};

use crate::args::Call;
use crate::dynamic::{self, Descriptors};
use crate::failure::Failure;
use crate::output::{self, line, note, plain};
use crate::session::Session;
use crate::units::millis;

use super::describe;

pub(crate) async fn run(args: Call) -> Result<(), Failure> {
    let descriptors = Descriptors::with_files(&args.proto).map_err(Failure::usage)?;
    let Some(target) = &args.target else {
        describe::services(&descriptors, args.json);
        return Ok(());
    };
    let (service, method) = match target.split_once('/') {
        Some((service, method)) => (service, Some(method)),
        None => (target.as_str(), None),
    };
    let service = descriptors.service(service).map_err(Failure::usage)?;
    let Some(method) = method else {
        describe::service(&service, args.json);
        return Ok(());
    };
    let method = Descriptors::method(&service, method).map_err(Failure::usage)?;
    call(&args, &descriptors, &method).await
}

async fn call(args: &Call, known: &Descriptors, method: &MethodDescriptor) -> Result<(), Failure> {
    let request = dynamic::from_json(&method.input(), &data(args.data.as_deref())?);
    let request = request.map_err(Failure::usage)?;
    let read = |path| fs::read(path).map_err(|e| Failure::file("read", path, &e));
    let sidecars: Vec<_> = args.sidecar.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    if let Some(dir) = &args.out_sidecars {
        fs::create_dir_all(dir).map_err(|e| Failure::file("create the folder", dir, &e))?;
    }
    let session = Session::open(&args.address, &args.connect).await?;

    let began = Instant::now();
    let what = Method::new(method.parent_service().full_name(), method.name());
    let mut request = CallRequest::new(what, request.encode_to_vec());
    request.sidecars = sidecars.into_iter().map(Bytes::from).collect();
    request.required_features = args.feature.clone();
    let reply = session.call(request).await.map_err(|e| failed(args, known, method, &e))?;
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
    let sidecars = keep_sidecars(args, &reply)?;
    let response = dynamic::to_json(&response);
    if args.json {
        let whole = json!({ "reply": response, "sidecars": sidecars, "ms": millis(took) });
        line(output::json(&whole));
    } else {
        line(output::json(&response));
    }
    Ok(())
}

/// The text of the request.
fn data(given: Option<&str>) -> Result<String, Failure> {
    match given {
        None => Ok("{}".into()),
        Some("-") => io::read_to_string(io::stdin().lock())
            .map_err(|e| Failure::usage(format_args!("cannot read standard input: {e}"))),
        Some(text) => match text.strip_prefix('@') {
            None => Ok(text.into()),
            Some(path) => {
                fs::read_to_string(path).map_err(|e| Failure::file("read", Path::new(path), &e))
            }
        },
    }
}

/// Writes the reply's sidecars to files, if that was asked for, and tells what there is.
fn keep_sidecars(args: &Call, reply: &InboundReply) -> Result<Vec<Value>, Failure> {
    let mut told = Vec::new();
    for (n, sidecar) in reply.sidecars.iter().enumerate() {
        let Some(dir) = &args.out_sidecars else {
            told.push(json!({ "bytes": sidecar.len() }));
            continue;
        };
        let path = dir.join(n.to_string());
        fs::write(&path, &sidecar).map_err(|e| Failure::file("write", &path, &e))?;
        told.push(json!({ "bytes": sidecar.len(), "file": path.display().to_string() }));
        if !args.json {
            note(format_args!("sidecar {n}: {} bytes in {}", sidecar.len(), path.display()));
        }
    }
    if args.out_sidecars.is_none() && !told.is_empty() && !args.json {
        let total: usize = reply.sidecars.iter().map(|s| s.len()).sum();
        let count = told.len();
        note(format_args!(
            "the reply has {count} sidecars of {total} bytes together; --out-sidecars DIR keeps them"
        ));
    }
    Ok(told)
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
        (Some(extension), Failure::Call(text)) => {
            Failure::Call(format!("{text}; it adds {extension}"))
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
