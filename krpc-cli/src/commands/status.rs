//! `krpc status`: GenericService.GetStatus.

use krpc_tokio::CallRequest;
use krpc_tokio::core::Method;
use prost_reflect::DynamicMessage;

use crate::args::Status;
use crate::dynamic::{self, Descriptors};
use crate::failure::Failure;
use crate::output::{self, line};
use crate::session::Session;

const METHOD: Method = Method::from_static("kudu.server.GenericService", "GetStatus");

pub(crate) async fn run(args: Status) -> Result<(), Failure> {
    let session = Session::open(&args.address, &args.connect).await?;
    let request = CallRequest::new(METHOD, Vec::new());
    let reply = session.call(request).await;
    let reply = reply.map_err(|e| Failure::method(METHOD, &args.address, &e))?;
    let desc = Descriptors::builtin()
        .message("kudu.server.GetStatusResponsePB")
        .expect("the built-in files have it");
    let response = DynamicMessage::decode(desc, reply.body);
    let invalid = |said: String| {
        let advice = "the server may not be a Kudu daemon";
        Failure::call(format_args!("{METHOD} on {} failed", args.address), said, Some(advice))
    };
    let response = response.map_err(|e| invalid(format!("the reply is malformed: {e}")))?;
    let missing = dynamic::missing_fields(&response);
    if !missing.is_empty() {
        return Err(invalid(format!("the reply lacks required fields: {}", missing.join(", "))));
    }
    let field = |name| response.get_field_by_name(name).map(|v| v.into_owned());
    if response.has_field_by_name("error") {
        let error = field("error").map(|e| e.to_string()).unwrap_or_default();
        return Err(invalid(output::plain(&error)));
    }
    let status = field("status");
    let status = status.as_ref().and_then(|s| s.as_message()).expect("it is required, and there");
    match args.json {
        true => line(output::json(&dynamic::to_json(status))),
        false => line(dynamic::to_text(status)),
    }
}
