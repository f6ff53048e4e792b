//! The protocol core by itself, on a blocking socket, against real servers: neither driver nor
//! adapter nor generated code has a part in it.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use krpc_core::{AuthnType, CallError, ErrorCode, ErrorStatus, InboundReply, Method, OutboundCall};
use krpc_tests::cluster::Mode;
use krpc_tests::kudu::Kudu;
use krpc_tests::raw::RawClient;
use libtest_mimic::Trial;
use prost::Message;

use crate::bed::{Bed, Daemon, config};
use crate::gate::{Gate, Outcome};

const GENERIC: &str = "kudu.server.GenericService";
const MASTER: &str = "kudu.master.MasterService";
const TABLET_SERVER: &str = "kudu.tserver.TabletServerService";

/// `CONNECT_TO_MASTER` in `master/master.proto`.
const FEATURE_CONNECT_TO_MASTER: u32 = 3;

/// `RaftPeerPB.Role.LEADER` in `consensus/metadata.proto`.
const LEADER: i32 = 1;

// The few fields that are looked at, by their numbers in `master/master.proto`, `common/common.proto`
// and `server/server_base.proto`.

#[derive(Message)]
struct GetStatusResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<ServerStatus>,
}

#[derive(Message)]
struct ServerStatus {
    #[prost(message, optional, tag = "4")]
    version_info: Option<VersionInfo>,
}

#[derive(Message)]
struct VersionInfo {
    #[prost(string, optional, tag = "8")]
    version_string: Option<String>,
}

#[derive(Message)]
struct ConnectToMasterResponse {
    #[prost(message, optional, tag = "1")]
    error: Option<Nothing>,
    #[prost(int32, optional, tag = "2")]
    role: Option<i32>,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    ca_cert_der: Vec<Bytes>,
}

#[derive(Message)]
struct ListTablesResponse {
    #[prost(message, optional, tag = "1")]
    error: Option<Nothing>,
    #[prost(message, repeated, tag = "2")]
    tables: Vec<TableInfo>,
}

#[derive(Message)]
struct TableInfo {
    #[prost(string, required, tag = "2")]
    name: String,
}

#[derive(Message)]
struct GetTableSchemaRequest {
    #[prost(message, required, tag = "1")]
    table: TableIdentifier,
}

#[derive(Message)]
struct TableIdentifier {
    #[prost(string, optional, tag = "2")]
    table_name: Option<String>,
}

#[derive(Message)]
struct GetTableSchemaResponse {
    #[prost(message, optional, tag = "1")]
    error: Option<Nothing>,
    #[prost(message, optional, tag = "2")]
    schema: Option<Schema>,
}

#[derive(Message)]
struct Schema {
    #[prost(message, repeated, tag = "1")]
    columns: Vec<Column>,
}

#[derive(Message)]
struct Column {
    #[prost(string, required, tag = "2")]
    name: String,
}

#[derive(Message)]
struct GetFlagsRequest {
    #[prost(bool, optional, tag = "1")]
    all_flags: Option<bool>,
}

#[derive(Message)]
struct GetFlagsResponse {
    #[prost(message, repeated, tag = "1")]
    flags: Vec<Nothing>,
}

/// A message of which only the presence counts.
#[derive(Message)]
struct Nothing {}

type Check = fn(&mut Peer<'_>) -> Outcome;

const ON_BOTH: &[(&str, Check)] = &[
    ("negotiation", negotiation),
    ("get_status", get_status),
    ("ping", ping),
    ("get_flags", get_flags),
    ("calls_before_the_negotiation", calls_before_the_negotiation),
    ("calls_after_the_negotiation", calls_after_the_negotiation),
    ("unknown_method", unknown_method),
    ("unknown_service", unknown_service),
    ("bad_parameter", bad_parameter),
    ("unsupported_feature", unsupported_feature),
];

const ON_MASTER: &[(&str, Check)] = &[
    ("connect_to_master", connect_to_master),
    ("list_tables", list_tables),
    ("get_table_schema", get_table_schema),
    ("large_call", large_call),
];

/// One trial for each cluster, server and check.
pub(crate) fn trials(gate: &Gate, beds: &[Arc<Bed>]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for bed in beds {
        let (version, mode) = (bed.version(), bed.mode());
        for (daemon, lists) in [
            (Daemon::Master, [ON_BOTH, ON_MASTER].concat()),
            (Daemon::TabletServer, ON_BOTH.to_vec()),
        ] {
            for (name, check) in lists {
                let name = format!("raw::kudu_{version}::{mode}::{}::{name}", daemon.name());
                let bed = bed.clone();
                let test = move |kudu: &Kudu| {
                    let mut peer = Peer::connect(kudu, daemon, &bed)?;
                    bed.explain(check(&mut peer))
                };
                trials.push(gate.trial(name, version, test));
            }
        }
    }
    trials
}

/// A server and a connection to it.
struct Peer<'a> {
    kudu: &'a Kudu,
    bed: &'a Bed,
    daemon: Daemon,
    client: RawClient,
}

impl<'a> Peer<'a> {
    fn connect(kudu: &'a Kudu, daemon: Daemon, bed: &'a Bed) -> anyhow::Result<Self> {
        let address = daemon.address(bed.cluster(kudu)?);
        let client = RawClient::connect(address, config(bed.mode())?)?;
        Ok(Peer { kudu, bed, daemon, client })
    }

    fn call(&mut self, call: OutboundCall) -> Result<InboundReply, CallError> {
        let id = self.client.start(call).expect("an open connection takes a call");
        self.client.wait(id)
    }

    fn ask<Response: Message + Default>(
        &mut self,
        method: Method,
        request: &impl Message,
    ) -> anyhow::Result<Response> {
        let reply = self.call(OutboundCall::new(method, request.encode_to_vec()))?;
        Ok(Response::decode(reply.body)?)
    }

    /// The error reply to a call, after which the connection must be as good as before.
    fn refused(&mut self, call: OutboundCall) -> anyhow::Result<ErrorStatus> {
        let name = call.method.to_string();
        let error = match self.call(call) {
            Err(CallError::Remote(error)) => error,
            other => bail!("{name}: {other:?}"),
        };
        get_status(self).context("the next call")?;
        Ok(error)
    }
}

fn negotiation(peer: &mut Peer<'_>) -> Outcome {
    let info = peer.client.negotiate()?;
    let tls = info.tls.as_ref().map(|tls| (tls.version, tls.encrypted));
    let expected = match peer.bed.mode() {
        Mode::Plain => None,
        Mode::AuthOnly => Some(("TLSv1.3", false)),
        Mode::Tls12 => Some(("TLSv1.2", true)),
        Mode::Tls13 | Mode::ShortKeys => Some(("TLSv1.3", true)),
    };
    ensure!(tls == expected, "{info:?}");
    ensure!((info.authn, info.mechanism) == (AuthnType::Sasl, Some("PLAIN")), "{info:?}");
    Ok(())
}

fn get_status(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static(GENERIC, "GetStatus");
    let response: GetStatusResponse = peer.ask(method, &Nothing {})?;
    let version = response.status.and_then(|status| status.version_info?.version_string);
    ensure!(version.as_deref() == Some(peer.kudu.version().name()), "{version:?}");
    Ok(())
}

fn ping(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static(main_service(peer.daemon), "Ping");
    let reply = peer.call(OutboundCall::new(method, ""))?;
    ensure!(reply.body.is_empty() && reply.sidecars.is_empty(), "{reply:?}");
    Ok(())
}

fn get_flags(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static(GENERIC, "GetFlags");
    let request = GetFlagsRequest { all_flags: Some(true) };
    let response: GetFlagsResponse = peer.ask(method, &request)?;
    ensure!(response.flags.len() > 100, "only {} flags", response.flags.len());
    Ok(())
}

/// The first calls leave as soon as they may, right behind the connection context.
fn calls_before_the_negotiation(peer: &mut Peer<'_>) -> Outcome {
    many_calls(peer)
}

fn calls_after_the_negotiation(peer: &mut Peer<'_>) -> Outcome {
    peer.client.negotiate()?;
    many_calls(peer)
}

/// Some with long answers and some with short ones, which Kudu answers in any order; fewer than the
/// 50 that a service's queue takes.
fn many_calls(peer: &mut Peer<'_>) -> Outcome {
    let all_flags = GetFlagsRequest { all_flags: Some(true) }.encode_to_vec();
    let mut calls = Vec::new();
    for _ in 0..10 {
        for (name, body) in [("GetFlags", &all_flags[..]), ("GetStatus", &[]), ("GetStatus", &[])] {
            let body = Bytes::copy_from_slice(body);
            let call = OutboundCall::new(Method::from_static(GENERIC, name), body);
            calls.push((name, peer.client.start(call)?));
        }
    }
    for (name, id) in calls {
        let body = peer.client.wait(id).with_context(|| format!("{name}, call {id}"))?.body;
        match name {
            "GetFlags" => ensure!(GetFlagsResponse::decode(body)?.flags.len() > 100),
            _ => ensure!(GetStatusResponse::decode(body)?.status.is_some()),
        }
    }
    Ok(())
}

fn unknown_method(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static(main_service(peer.daemon), "NoSuchMethod");
    let error = peer.refused(OutboundCall::new(method, ""))?;
    ensure!(error.code == Some(ErrorCode::ErrorNoSuchMethod), "{error:?}");
    Ok(())
}

fn unknown_service(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static("kudu.NoSuchService", "Ping");
    let error = peer.refused(OutboundCall::new(method, ""))?;
    ensure!(error.code == Some(ErrorCode::ErrorNoSuchService), "{error:?}");
    Ok(())
}

/// Required fields are missing.
fn bad_parameter(peer: &mut Peer<'_>) -> Outcome {
    let method = Method::from_static(GENERIC, "SetFlag");
    let error = peer.refused(OutboundCall::new(method, ""))?;
    ensure!(error.code == Some(ErrorCode::ErrorInvalidRequest), "{error:?}");
    ensure!(error.message().contains("missing fields: flag, value"), "{error:?}");
    Ok(())
}

fn unsupported_feature(peer: &mut Peer<'_>) -> Outcome {
    let mut call = OutboundCall::new(Method::from_static(GENERIC, "GetStatus"), "");
    call.required_features = vec![7001, 7002];
    let error = peer.refused(call)?;
    ensure!(error.code == Some(ErrorCode::ErrorInvalidRequest), "{error:?}");
    ensure!(error.unsupported_feature_flags() == [7001, 7002], "{error:?}");
    Ok(())
}

fn connect_to_master(peer: &mut Peer<'_>) -> Outcome {
    let mut call = OutboundCall::new(Method::from_static(MASTER, "ConnectToMaster"), "");
    call.required_features = vec![FEATURE_CONNECT_TO_MASTER];
    let response = ConnectToMasterResponse::decode(peer.call(call)?.body)?;
    ensure!(response.error.is_none() && response.role == Some(LEADER), "{response:?}");
    ensure!(response.ca_cert_der.len() == 1, "{response:?}");
    Ok(())
}

fn list_tables(peer: &mut Peer<'_>) -> Outcome {
    let table = peer.bed.table(peer.kudu)?;
    let method = Method::from_static(MASTER, "ListTables");
    let response: ListTablesResponse = peer.ask(method, &Nothing {})?;
    ensure!(response.error.is_none(), "{response:?}");
    ensure!(response.tables.iter().any(|listed| listed.name == table), "{response:?}");
    Ok(())
}

fn get_table_schema(peer: &mut Peer<'_>) -> Outcome {
    let table_name = Some(peer.bed.table(peer.kudu)?.to_owned());
    let request = GetTableSchemaRequest { table: TableIdentifier { table_name } };
    let method = Method::from_static(MASTER, "GetTableSchema");
    let response: GetTableSchemaResponse = peer.ask(method, &request)?;
    ensure!(response.error.is_none(), "{response:?}");
    let columns = response.schema.context("no schema")?.columns;
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    ensure!(names == ["key", "int_val", "string_val"], "{names:?}");
    Ok(())
}

/// Many writes, and many records if there is TLS: a filter of 3 MiB, which no name contains.
fn large_call(peer: &mut Peer<'_>) -> Outcome {
    #[derive(Message)]
    struct ListTablesRequest {
        #[prost(string, optional, tag = "1")]
        name_filter: Option<String>,
    }
    let request = ListTablesRequest { name_filter: Some("x".repeat(3 << 20)) };
    let method = Method::from_static(MASTER, "ListTables");
    let response: ListTablesResponse = peer.ask(method, &request)?;
    ensure!(response.error.is_none() && response.tables.is_empty(), "{response:?}");
    Ok(())
}

fn main_service(daemon: Daemon) -> &'static str {
    match daemon {
        Daemon::Master => MASTER,
        Daemon::TabletServer => TABLET_SERVER,
    }
}
