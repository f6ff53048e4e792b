//! Calls to real servers that succeed, compared with what Kudu's own tool says of the same server.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use krpc_cli::pb::consensus::raft_peer_pb::Role;
use krpc_cli::pb::master::master_service::MasterServiceClient;
use krpc_cli::pb::master::{
    ConnectToMasterRequestPb, ConnectToMasterResponsePb, GetTableSchemaRequestPb,
    ListTablesRequestPb, PingRequestPb, TableIdentifierPb,
};
use krpc_cli::pb::server::generic_service::GenericServiceClient;
use krpc_cli::pb::server::{GetFlagsRequestPb, GetStatusRequestPb};
use krpc_cli::pb::tserver::tablet_server_service::TabletServerServiceClient;
use krpc_cli::runtime::Channel;
use krpc_cli::services::FEATURE_CONNECT_TO_MASTER;
use krpc_tests::cluster::Mode;
use krpc_tokio::core::AuthnType;
use krpc_tokio::{ClientTls, Roots};

use crate::bed::{Daemon, config};
use crate::client::Peer;
use crate::gate::Outcome;

/// TLS is what the servers were started for, and the user is who we said.
pub(crate) async fn negotiation(peer: Peer) -> Outcome {
    let info = peer.channel.connect_now().await?;
    let tls = info.tls.as_ref().map(|tls| (tls.version, tls.encrypted));
    let expected = match peer.mode() {
        Mode::Plain => None,
        Mode::AuthOnly => Some(("TLSv1.3", false)),
        Mode::Tls12 => Some(("TLSv1.2", true)),
        Mode::Tls13 | Mode::ShortKeys => Some(("TLSv1.3", true)),
    };
    ensure!(tls == expected, "{info:?}");
    ensure!(info.tls.is_none_or(|tls| tls.peer_certificate.is_some() && !tls.peer_verified));
    ensure!((info.authn, info.mechanism) == (AuthnType::Sasl, Some("PLAIN")), "{:?}", info.authn);
    Ok(())
}

pub(crate) async fn get_status(peer: Peer) -> Outcome {
    let generic = GenericServiceClient::new(peer.channel.clone());
    let status = generic.get_status(&GetStatusRequestPb::default()).await?.into_inner().status;
    let version = status.version_info.and_then(|info| info.version_string);
    ensure!(version.as_deref() == Some(peer.version().name()), "{version:?}");
    let address = peer.address()?;
    let bound = &status.bound_rpc_addresses;
    ensure!(bound.iter().any(|bound| bound.port == u32::from(address.port())), "{bound:?}");

    let printed = peer.cli(&[peer.daemon.name(), "status", &address.to_string()])?;
    let instance = status.node_instance;
    for part in [instance.permanent_uuid, instance.instance_seqno.to_string()] {
        ensure!(!part.is_empty() && printed.contains(&part), "no {part:?} in {printed}");
    }
    Ok(())
}

pub(crate) async fn ping(peer: Peer) -> Outcome {
    match peer.daemon {
        Daemon::Master => {
            MasterServiceClient::new(peer.channel).ping(&PingRequestPb {}).await?;
        }
        Daemon::TabletServer => {
            let request = krpc_cli::pb::tserver::PingRequestPb {};
            TabletServerServiceClient::new(peer.channel).ping(&request).await?;
        }
    }
    Ok(())
}

/// Name, value, whether it is the default, and tags, which come in any order.
type FlagLine = (String, String, bool, BTreeSet<String>);

/// A line that Kudu's tool prints about a flag.
fn flag_line(line: &str) -> Option<FlagLine> {
    let mut parts = line.splitn(4, ',');
    let (name, value, default) = (parts.next()?, parts.next()?, parts.next()?);
    let tags = parts.next()?.split(',').map(str::to_owned).collect();
    Some((name.into(), value.into(), default == "true", tags))
}

pub(crate) async fn get_flags(peer: Peer) -> Outcome {
    let generic = GenericServiceClient::new(peer.channel.clone());
    let changed = generic.get_flags(&GetFlagsRequestPb::default()).await?;
    let ours = changed.flags.iter().map(|flag| {
        let name = flag.name.clone().unwrap_or_default();
        let value = flag.value.clone().unwrap_or_default();
        (
            name,
            value,
            flag.is_default_value.unwrap_or_default(),
            flag.tags.iter().cloned().collect(),
        )
    });
    let ours: BTreeSet<FlagLine> = ours.collect();
    let address = peer.address()?.to_string();
    let printed = peer.cli(&[peer.daemon.name(), "get_flags", &address, "--format=csv"])?;
    let lines = printed.lines().filter(|line| !line.is_empty());
    let theirs: BTreeSet<FlagLine> = lines.filter_map(flag_line).collect();
    ensure!(ours == theirs, "ours: {ours:#?}, theirs: {theirs:#?}");

    let all = GetFlagsRequestPb { all_flags: Some(true), ..GetFlagsRequestPb::default() };
    let all = generic.get_flags(&all).await?;
    ensure!(all.flags.len() > 100, "only {} flags in all", all.flags.len());
    Ok(())
}

/// Kudu answers in any order as soon as calls overlap.
pub(crate) async fn many_calls_at_once(peer: Peer) -> Outcome {
    let generic = GenericServiceClient::new(peer.channel);
    let status = GetStatusRequestPb::default();
    let flags = GetFlagsRequestPb { all_flags: Some(true), ..GetFlagsRequestPb::default() };
    let first = generic.get_status(&status).await?.into_inner();
    let long: Vec<_> = (0..10).map(|_| generic.get_flags(&flags).into_future()).collect();
    let short: Vec<_> = (0..30).map(|_| generic.get_status(&status).into_future()).collect();
    for call in short {
        ensure!(call.await?.status == first.status);
    }
    for call in long {
        ensure!(call.await?.flags.len() > 100);
    }
    Ok(())
}

/// The socket that the server opens beside its TCP port, under an abstract name.
pub(crate) async fn unix_socket(peer: Peer) -> Outcome {
    let over_tcp = GenericServiceClient::new(peer.channel.clone());
    let over_tcp = over_tcp.get_status(&GetStatusRequestPb::default()).await?.into_inner().status;
    let address = format!("unix:@kudu-{}", over_tcp.node_instance.permanent_uuid);
    let channel = peer.connect(&address, config(peer.mode())?)?;
    let generic = GenericServiceClient::new(channel);
    ensure!(generic.get_status(&GetStatusRequestPb::default()).await?.status == over_tcp);
    Ok(())
}

/// Requests that take many reads, and records if there is TLS, with small ones in between.
pub(crate) async fn large_calls(peer: Peer) -> Outcome {
    let master = MasterServiceClient::new(peer.channel);
    let filter = |letter: &str| ListTablesRequestPb {
        name_filter: Some(letter.repeat(1 << 20)),
        ..ListTablesRequestPb::default()
    };
    let large: Vec<_> =
        ["a", "b", "c", "d"].map(|letter| master.list_tables(&filter(letter)).into_future()).into();
    let small: Vec<_> = (0..8).map(|_| master.ping(&PingRequestPb {}).into_future()).collect();
    for call in large {
        let response = call.await?;
        ensure!(response.error.is_none() && response.tables.is_empty(), "{response:?}");
    }
    for call in small {
        call.await?;
    }
    Ok(())
}

pub(crate) async fn connect_to_master(peer: Peer) -> Outcome {
    let response = ask_for_leader(&peer.channel).await?;
    ensure!(response.error.is_none(), "{:?}", response.error);
    ensure!(response.role == Some(Role::Leader.into()), "{:?}", response.role);
    ensure!(response.ca_cert_der.len() == 1, "{} certificates", response.ca_cert_der.len());
    ensure!(response.authn_token.is_some(), "no token, though the connection is confidential");
    let port = u32::from(peer.address()?.port());
    let masters = &response.master_addrs;
    ensure!(masters.len() == 1 && masters[0].port == port, "{masters:?}");
    Ok(())
}

pub(crate) async fn list_tables(peer: Peer) -> Outcome {
    let table = peer.table()?;
    let master = MasterServiceClient::new(peer.channel.clone());
    let response = master.list_tables(&ListTablesRequestPb::default()).await?;
    ensure!(response.error.is_none(), "{:?}", response.error);
    let names: Vec<_> = response.tables.iter().map(|table| table.name.as_str()).collect();
    let printed = peer.cli(&["table", "list", &peer.address()?.to_string()])?;
    ensure!(names == [table] && printed.trim() == table, "{names:?}; kudu table list: {printed}");

    let filter = ListTablesRequestPb {
        name_filter: Some("no such name".into()),
        ..ListTablesRequestPb::default()
    };
    let none = master.list_tables(&filter).await?;
    ensure!(none.tables.is_empty(), "{:?}", none.tables);
    Ok(())
}

pub(crate) async fn get_table_schema(peer: Peer) -> Outcome {
    let table = peer.table()?;
    let request = GetTableSchemaRequestPb {
        table: TableIdentifierPb { table_name: Some(table.into()), ..TableIdentifierPb::default() },
    };
    let master = MasterServiceClient::new(peer.channel.clone());
    let response = master.get_table_schema(&request).await?;
    ensure!(response.error.is_none(), "{:?}", response.error);
    ensure!(response.num_replicas == Some(1), "{:?}", response.num_replicas);
    let partitions = response.partition_schema.as_ref().context("no partition schema")?;
    let buckets: Vec<_> = partitions.hash_schema.iter().map(|hash| hash.num_buckets).collect();
    ensure!(buckets == [2], "{partitions:?}");

    let columns = &response.schema.as_ref().context("no schema")?.columns;
    let ours: Vec<_> = columns
        .iter()
        .map(|column| {
            let null = if column.is_nullable() { "NULLABLE" } else { "NOT NULL" };
            format!("{} {} {null}", column.name, column.r#type().as_str_name())
        })
        .collect();
    // TABLE name (
    //     key INT64 NOT NULL,
    //     ...
    //     PRIMARY KEY (key)
    let printed = peer.cli(&["table", "describe", &peer.address()?.to_string(), table])?;
    let lines = printed.lines().skip(1).map(|line| line.trim().trim_end_matches(','));
    let theirs: Vec<_> = lines.take_while(|line| !line.starts_with("PRIMARY KEY")).collect();
    ensure!(ours == theirs, "ours: {ours:?}, kudu table describe: {printed}");
    Ok(())
}

/// The certificate that the master hands out proves both servers' certificates.
pub(crate) async fn certificate_of_the_clusters_authority(peer: Peer) -> Outcome {
    let response = ask_for_leader(&peer.channel).await?;
    let [authority] = &response.ca_cert_der[..] else { anyhow::bail!("not one certificate") };
    let authority = pem::encode(&pem::Pem::new("CERTIFICATE", &authority[..]));
    let tls = ClientTls::new().verify(Roots::from_pem(authority.as_bytes())?);
    for address in [peer.cluster()?.master(), peer.cluster()?.tserver()] {
        let channel = peer.connect(&address.to_string(), config(peer.mode())?.tls(tls.clone()))?;
        let info = channel.connect_now().await.with_context(|| address.to_string())?;
        ensure!(info.tls.is_some_and(|tls| tls.encrypted && tls.peer_verified), "{address}");
    }
    Ok(())
}

async fn ask_for_leader(channel: &Channel) -> anyhow::Result<ConnectToMasterResponsePb> {
    let master = MasterServiceClient::new(channel.clone());
    let call = master.connect_to_master(&ConnectToMasterRequestPb {});
    Ok(call.feature(FEATURE_CONNECT_TO_MASTER).await?.into_inner())
}
