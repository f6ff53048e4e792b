//! Calls that real servers refuse: each ends in the error that Kudu defines for it, and the
//! connection stays.

use anyhow::{bail, ensure};
use krpc_cli::pb::app_status_pb;
use krpc_cli::pb::master::master_error_pb::Code;
use krpc_cli::pb::master::master_service::{self, MasterServiceClient};
use krpc_cli::pb::master::{GetTableSchemaRequestPb, TableIdentifierPb};
use krpc_cli::pb::server::GetStatusRequestPb;
use krpc_cli::pb::server::generic_service::{self, GenericServiceClient};
use krpc_cli::pb::tserver::tablet_server_service;
use krpc_cli::runtime::Channel;
use krpc_tokio::{
    CallError, CallRequest, ClientTls, ConnectionError, ErrorCode, ErrorStatus, Method, Roots,
};

use crate::bed::{Daemon, config};
use crate::client::Peer;
use crate::gate::Outcome;

pub(crate) async fn unknown_method(peer: Peer) -> Outcome {
    let service = match peer.daemon {
        Daemon::Master => master_service::SERVICE_NAME,
        Daemon::TabletServer => tablet_server_service::SERVICE_NAME,
    };
    let error = refused(&peer.channel, Method::from_static(service, "NoSuchMethod")).await?;
    ensure!(error.code == Some(ErrorCode::ErrorNoSuchMethod), "{error:?}");
    ensure!(error.message().contains("NoSuchMethod"), "{error:?}");
    still_works(&peer.channel).await
}

pub(crate) async fn unknown_service(peer: Peer) -> Outcome {
    let method = Method::from_static("kudu.NoSuchService", "Ping");
    let error = refused(&peer.channel, method).await?;
    ensure!(error.code == Some(ErrorCode::ErrorNoSuchService), "{error:?}");
    ensure!(error.message().contains("kudu.NoSuchService"), "{error:?}");
    still_works(&peer.channel).await
}

/// Required fields are missing.
pub(crate) async fn bad_parameter(peer: Peer) -> Outcome {
    let method = Method::from_static(generic_service::SERVICE_NAME, "SetFlag");
    let error = refused(&peer.channel, method).await?;
    ensure!(error.code == Some(ErrorCode::ErrorInvalidRequest), "{error:?}");
    ensure!(error.message().contains("missing fields: flag, value"), "{error:?}");
    still_works(&peer.channel).await
}

pub(crate) async fn unsupported_feature(peer: Peer) -> Outcome {
    let generic = GenericServiceClient::new(peer.channel.clone());
    let call = generic.get_status(&GetStatusRequestPb::default()).feature(7001).feature(7002);
    let error = match call.await {
        Err(CallError::Remote(error)) => error,
        other => bail!("{other:?}"),
    };
    ensure!(error.code == Some(ErrorCode::ErrorInvalidRequest), "{error:?}");
    ensure!(error.unsupported_feature_flags() == [7001, 7002], "{error:?}");
    still_works(&peer.channel).await
}

/// Not an error of the protocol: the master answers, and says so inside.
pub(crate) async fn no_such_table(peer: Peer) -> Outcome {
    let request = GetTableSchemaRequestPb {
        table: TableIdentifierPb {
            table_name: Some("no such table".into()),
            ..TableIdentifierPb::default()
        },
    };
    let master = MasterServiceClient::new(peer.channel.clone());
    let response = master.get_table_schema(&request).await?.into_inner();
    let Some(error) = response.error else { bail!("{response:?}") };
    ensure!(error.code() == Code::TableNotFound, "{error:?}");
    ensure!(error.status.code() == app_status_pb::ErrorCode::NotFound, "{error:?}");
    Ok(())
}

pub(crate) async fn certificate_of_another_authority(peer: Peer) -> Outcome {
    let other = rcgen::generate_simple_self_signed(vec!["krpc.test".into()])?;
    let tls = ClientTls::new().verify(Roots::from_pem(other.cert.pem().as_bytes())?);
    let channel = peer.connect(&peer.address()?.to_string(), config(peer.mode())?.tls(tls))?;
    match channel.connect_now().await {
        Err(ConnectionError::Tls(_)) => Ok(()),
        other => bail!("{other:?}"),
    }
}

/// The error reply to a call with an empty body.
async fn refused(channel: &Channel, method: Method) -> anyhow::Result<ErrorStatus> {
    let name = method.to_string();
    match channel.call_raw(CallRequest::new(method, "")).await {
        Err(CallError::Remote(error)) => Ok(error),
        other => bail!("{name}: {other:?}"),
    }
}

/// On the same connection.
async fn still_works(channel: &Channel) -> Outcome {
    let generic = GenericServiceClient::new(channel.clone());
    generic.get_status(&GetStatusRequestPb::default()).await?;
    let connections = channel.connections_made();
    ensure!(connections == 1, "{connections} connections");
    Ok(())
}
